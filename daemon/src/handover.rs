//! Owns the live upgrade on Linux: the daemon starts the program that is now at its own path as a child and sends it
//! everything that is in memory only. A child that has imported all of it has verified the program; the daemon then runs that
//! very file in its own process (`execve`), and the child sends everything back to it. Nobody else can ask for any of
//! it, and nothing is written to a disk. The format is in `cp_token_protocol::handover`.

pub mod daemon_state;
mod error;
pub mod failure;
#[cfg(target_os = "linux")]
mod receiving;
#[cfg(target_os = "linux")]
mod sending;
#[cfg(target_os = "linux")]
#[path = "handover/linux.rs"]
mod system;

pub use error::{HandoverError, ProgramFault, TakeOverError};
#[cfg(target_os = "linux")]
pub use {
    receiving::OldProcess,
    sending::{NewProcess, VerifiedProgram},
    system::Program,
};
