//! Owns the module map of how a program is started on Windows, where `std` hands on every handle that is open to
//! children. Elsewhere `std` does.

mod line;

#[cfg(windows)]
#[path = "child/windows.rs"]
mod system;

pub use line::split;
#[cfg(windows)]
pub use system::{Start, Started};
