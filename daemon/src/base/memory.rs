//! Owns the check for enough memory before a thread starts or the daemon restarts, which would abort without it.

#[cfg(unix)]
#[path = "memory/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "memory/windows.rs"]
mod system;

use std::io;
use std::thread::{Builder, JoinHandle};

/// What a thread needs besides its stack, whose refusal is an ordinary error.
const THREAD_BYTES: usize = 1 << 20;
/// What a restart needs until the new program runs.
const RESTART_BYTES: usize = 8 << 20;

/// Starts a thread if there is memory for it. After an error, `work` has not started.
pub fn start_thread<T: Send + 'static>(
    thread: Builder,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    if system::is_available(THREAD_BYTES) {
        thread.spawn(work)
    } else {
        Err(io::ErrorKind::OutOfMemory.into())
    }
}

/// Whether there is memory for a restart.
pub fn suffices_for_a_restart() -> bool {
    system::is_available(RESTART_BYTES)
}
