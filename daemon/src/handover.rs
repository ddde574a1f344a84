//! Owns the hand-over: a daemon starts the program that lies at its own path now as its child and gives it everything that
//! is in memory only. A child that holds all of it has proved the program; the daemon then runs that very file in its own
//! process, whose new image the child gives everything back to. Nobody else can ask for any of it, and nothing touches a
//! disk. What the pieces look like is in `cp_token_protocol::handover`.

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
pub use successor::{Proved, Successor};
#[cfg(not(target_os = "linux"))]
pub use system::{Predecessor, Proved, Successor};
pub use system::{Program, take_our_name};

/// What a program is run for that is handed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// As a child, to hold everything until the next image of its parent asks for it.
    Rehearsal,
    /// In the place of the daemon, in its process.
    Successor,
}

impl Role {
    /// The word on its command line; the descriptors follow.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rehearsal => "--rehearse=",
            Self::Successor => "--take-over=",
        }
    }
}

/// What the successor says that it has kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Live tokens.
    pub tokens: u32,
    /// Secrets that are in memory alone.
    pub secrets: u32,
}
