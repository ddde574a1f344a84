//! Owns the hand-over: a daemon starts the program that lies at its own path now as its child, gives it everything that
//! is in memory only, and ends. Nobody else can ask for any of it, and nothing touches a disk. What the pieces look like
//! is in `cp_token_protocol::handover`.

mod error;
pub mod estate;
#[cfg(target_os = "linux")]
mod predecessor;
#[cfg(target_os = "linux")]
mod successor;
#[cfg(target_os = "linux")]
#[path = "handover/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "handover/elsewhere.rs"]
mod system;

pub use error::{HandoverError, ProgramFault, TakeError};
#[cfg(target_os = "linux")]
pub use predecessor::Predecessor;
#[cfg(target_os = "linux")]
pub use successor::Successor;
#[cfg(not(target_os = "linux"))]
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
