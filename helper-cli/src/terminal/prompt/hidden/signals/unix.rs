//! Owns the signals that come while a terminal is changed: they are noted, and act when it is as it was.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::run::program::{block_reserved, end_of_a_fault, ending, errno, install, unblock_reserved};

pub(super) const HANG_UP: c_int = libc::SIGHUP;

/// The signals that stop and continue a program, in order.
const STOPPING: [c_int; 4] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU, libc::SIGCONT];

/// Signals that end a program come first.
fn noted() -> impl Iterator<Item = c_int> {
    ending().chain(STOPPING)
}

/// A bit for each pending signal.
static CAME: AtomicU64 = AtomicU64::new(0);

/// The descriptor to which a byte is written for each signal; -1 for none.
static WAKE: AtomicI32 = AtomicI32::new(-1);

/// Signals are noted for as long as this value lives.
pub(super) struct Signals {
    before: Vec<(c_int, libc::sigaction)>,
    news: OwnedFd,
    _wake: OwnedFd,
}

pub(super) fn goes_on(signal: c_int) -> bool {
    signal == libc::SIGCONT
}

impl Signals {
    /// Begins to note them. One that was ignored stays so.
    pub(super) fn note() -> io::Result<Self> {
        let (news, wake) = crate::run::program::pipe()?;
        for end in [&news, &wake] {
            rustix::fs::fcntl_setfl(end, OFlags::NONBLOCK)?;
        }
        block_reserved();
        CAME.store(0, Ordering::SeqCst);
        WAKE.store(wake.as_raw_fd(), Ordering::SeqCst);
        let before = noted().filter_map(|signal| Some((signal, replace(signal)?))).collect();
        Ok(Self { before, news, _wake: wake })
    }

    /// Has something to be read when a signal has come.
    pub(super) fn news(&self) -> PollFd<'_> {
        PollFd::new(&self.news, PollFlags::IN)
    }

    pub(super) fn next(&self) -> Option<c_int> {
        let mut bytes = [0; 64];
        while matches!(rustix::io::read(&self.news, &mut bytes), Ok(1..) | Err(Errno::INTR)) {}
        let came = CAME.load(Ordering::SeqCst);
        let signal = noted().find(|&signal| came & bit(signal) != 0)?;
        CAME.fetch_and(!bit(signal), Ordering::SeqCst);
        Some(signal)
    }

    /// Lets the signal do what it would have done. Returns when it has not ended us.
    pub(super) fn act(&self, signal: c_int) {
        let Some((_, before)) = self.before.iter().find(|(number, _)| *number == signal) else { return };
        set(signal, before);
        // SAFETY: a plain number; the system's own way of this signal is in place, which is no code of ours.
        unsafe { libc::raise(signal) };
        replace(signal);
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for (signal, before) in &self.before {
            set(*signal, before);
        }
        WAKE.store(-1, Ordering::SeqCst);
        while let Some(signal) = self.next() {
            // SAFETY: as in `act`.
            unsafe { libc::raise(signal) };
        }
        unblock_reserved();
    }
}

fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

/// Without `SA_RESTART` a signal ends a read.
fn replace(signal: c_int) -> Option<libc::sigaction> {
    install(signal, on_signal, 0)
}

fn set(signal: c_int, action: &libc::sigaction) {
    // SAFETY: the action is one that the system gave us.
    unsafe { libc::sigaction(signal, &raw const *action, std::ptr::null_mut()) };
}

extern "C" fn on_signal(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel gives a valid description of the signal.
    if unsafe { end_of_a_fault(signal, info) } {
        return;
    }
    CAME.fetch_or(bit(signal), Ordering::SeqCst);
    let wake = WAKE.load(Ordering::SeqCst);
    // SAFETY: writes one byte of a constant; a full pipe or a closed one changes nothing. The error number of whatever
    // was interrupted is put back.
    unsafe {
        let number = errno();
        let before = *number;
        libc::write(wake, c"!".as_ptr().cast(), 1);
        *number = before;
    }
}
