//! Owns the hand-over: a daemon starts the program that lies at its own path now as its child, gives it everything that
//! is in memory only, and ends. Nobody else can ask for any of it, and nothing touches a disk. What the pieces look like
//! is in `cp_token_protocol::handover`.

mod error;
pub mod estate;
#[cfg(unix)]
mod predecessor;
#[cfg(unix)]
mod successor;
#[cfg(unix)]
#[path = "handover/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "handover/windows.rs"]
mod system;

pub use error::{HandoverError, ProgramFault, TakeError};
#[cfg(unix)]
pub use predecessor::Predecessor;
#[cfg(unix)]
pub use successor::Successor;
#[cfg(windows)]
pub use system::{Predecessor, Successor};
pub use system::{Program, take_our_name};

/// What the successor says that it has kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Live tokens.
    pub tokens: u32,
    /// Secrets that are in memory alone.
    pub secrets: u32,
}
