//! Owns the hand-over: a daemon starts the program that lies at its own path now as its child and gives it everything that
//! is in memory only. A child that holds all of it has proved the program; the daemon then runs that very file in its own
//! process, whose new image the child gives everything back to. Nobody else can ask for any of it, and nothing touches a
//! disk. What the pieces look like is in `cp_token_protocol::handover`.

pub mod daemon_state;
mod error;
pub mod failure;
#[cfg(target_os = "linux")]
mod new_process;
#[cfg(target_os = "linux")]
mod old_process;
#[cfg(target_os = "linux")]
#[path = "handover/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "handover/elsewhere.rs"]
mod system;

pub use error::{HandoverError, ProgramFault, TakeOverError};
#[cfg(target_os = "linux")]
pub use new_process::{NewProcess, VerifiedProgram};
#[cfg(target_os = "linux")]
pub use old_process::OldProcess;
#[cfg(not(target_os = "linux"))]
pub use system::{NewProcess, OldProcess, VerifiedProgram};
pub use system::{Program, take_our_name};

/// What the successor says that it has kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Live tokens.
    pub tokens: u32,
    /// Secrets that are in memory alone.
    pub secrets: u32,
}
