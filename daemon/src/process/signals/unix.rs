//! Owns the signal mask on Unix.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

/// The last signal before the real-time ones.
const LAST_STANDARD: i32 = 31;

/// Blocks no signal, and restores each default action. For a child between `fork` and `execve` (async-signal-safe). SIGPIPE is
/// left to `std`.
pub fn unblock() {
    let kept = [libc::SIGPIPE, libc::SIGKILL, libc::SIGSTOP];
    for number in (1..=LAST_STANDARD).filter(|number| !kept.contains(number)) {
        // SAFETY: restores the default action; no handler is involved.
        let _ = unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    set_mask(&set_of(&[]));
}

pub(super) fn set_of(numbers: &[i32]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is emptied before it is used.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for number in numbers {
            libc::sigaddset(set.as_mut_ptr(), *number);
        }
        set.assume_init()
    }
}

pub(super) fn set_mask(set: &libc::sigset_t) {
    // SAFETY: the set is initialised; the call changes the mask of this thread only.
    let _ = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, set, std::ptr::null_mut()) };
}
