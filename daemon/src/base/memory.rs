//! Owns the question whether the system leaves this process memory, to be asked before something that would end the process
//! without it: a thread's start does, and so does whatever a restart needs.

#[cfg(unix)]
#[path = "memory/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "memory/windows.rs"]
mod system;

use std::io;
use std::thread::{Builder, JoinHandle};

/// What a thread needs besides its stack, for which the system's own refusal is no harm.
const FOR_A_THREAD: usize = 1 << 20;
/// What a restart needs until the new image is run.
const FOR_A_RESTART: usize = 8 << 20;

/// Starts a thread, where there is memory for it.
///
/// # Errors
/// Why the system gives out none; `work` has then not begun.
pub fn start_thread<T: Send + 'static>(
    thread: Builder,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    if system::is_left(FOR_A_THREAD) { thread.spawn(work) } else { Err(io::ErrorKind::OutOfMemory.into()) }
}

/// Whether there is memory for a restart.
pub fn suffices_for_a_restart() -> bool {
    system::is_left(FOR_A_RESTART)
}
