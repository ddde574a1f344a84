//! Owns signals on macOS, as the runtime catches them.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::SignalEvent;

/// The last signal.
const LAST_STANDARD: i32 = 31;

/// The signals that the daemon handles.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    restart: Signal,
    /// Caught so that they do not end the daemon.
    _ignored: [Signal; 2],
}

impl Signals {
    /// Listens for the signals.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            restart: signal(SignalKind::user_defined2())?,
            _ignored: [signal(SignalKind::user_defined1())?, signal(SignalKind::alarm())?],
        })
    }

    /// The next event. Several pending signals of one kind are one event.
    pub async fn next(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.terminate.recv() => SignalEvent::Stop,
            _ = self.interrupt.recv() => SignalEvent::Stop,
            _ = self.hang_up.recv() => SignalEvent::Reload,
            _ = self.restart.recv() => SignalEvent::Restart,
        }
    }
}

/// Blocks no signal, whatever the parent has blocked. To be called before any other thread exists.
pub fn block() {
    clear_mask();
}

/// Blocks no signal, and restores each default action. For a child between `fork` and `execve` (async-signal-safe). SIGPIPE is
/// left to `std`.
pub fn unblock() {
    let kept = [libc::SIGPIPE, libc::SIGKILL, libc::SIGSTOP];
    for number in (1..=LAST_STANDARD).filter(|number| !kept.contains(number)) {
        // SAFETY: restores the default action; no handler is involved.
        let _ = unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    clear_mask();
}

fn clear_mask() {
    let mut none = MaybeUninit::uninit();
    // SAFETY: the set is emptied before it is used; the call changes the mask of this thread only.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}
