//! Owns the hand-over: a daemon starts the program that lies at its own path now as its child, gives it everything that
//! is in memory only, and ends. Nobody else can ask for any of it, and nothing touches a disk. What the pieces look like
//! is in `cp_token_protocol::handover`.

mod error;
pub mod estate;
mod predecessor;
mod successor;
#[cfg(unix)]
#[path = "handover/unix.rs"]
mod system;

pub use error::{HandoverError, ProgramFault};
pub use predecessor::{Predecessor, TakeError};
pub use successor::{Kept, Successor};
pub use system::{Program, take_our_name};
