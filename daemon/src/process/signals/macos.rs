//! Owns signals on macOS, as the runtime catches them.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::SignalEvent;

/// The last of the system's signals.
const LAST_STANDARD: i32 = 31;

/// The signals that the daemon listens to.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    replaced: Signal,
    /// Caught, so that they do not end the daemon, and never looked at.
    _ignored: [Signal; 2],
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            replaced: signal(SignalKind::user_defined2())?,
            _ignored: [signal(SignalKind::user_defined1())?, signal(SignalKind::alarm())?],
        })
    }

    /// The next wish. Signals of one kind that come together are one wish.
    pub async fn next(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.terminate.recv() => SignalEvent::Stop,
            _ = self.interrupt.recv() => SignalEvent::Stop,
            _ = self.hang_up.recv() => SignalEvent::Reload,
            _ = self.replaced.recv() => SignalEvent::Restart,
        }
    }
}

/// Blocks nothing, whatever the caller has blocked. To be called before any other thread exists.
pub fn block() {
    clear_mask();
}

/// Blocks nothing, and leaves each signal its usual effect, whatever this process ignores. For a child between `fork` and
/// `execve`, where it is allowed to be called. SIGPIPE is what `std` makes of it.
pub fn unblock() {
    let kept = [libc::SIGPIPE, libc::SIGKILL, libc::SIGSTOP];
    for number in (1..=LAST_STANDARD).filter(|number| !kept.contains(number)) {
        // SAFETY: puts the system's own way back; no handler of ours is involved.
        let _ = unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    clear_mask();
}

fn clear_mask() {
    let mut none = MaybeUninit::uninit();
    // SAFETY: the set is made an empty one before it is read; the call changes the mask of this thread alone.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}
