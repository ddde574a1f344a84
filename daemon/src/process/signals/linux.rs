//! Owns signals on Linux as a descriptor: they are blocked for the whole life of the process, so that one which comes at
//! any moment waits, also over the `execve` of a hand-over, and is read when the loop is there for it.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd};

use tokio::io::unix::AsyncFd;

use super::SignalEvent;

/// What is read; SIGCHLD tells of an ended child.
const HEARD: [i32; 5] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGUSR2, libc::SIGCHLD];
/// What would end the process and means nothing to it.
const IGNORED: [i32; 3] = [libc::SIGUSR1, libc::SIGALRM, libc::SIGIO];

/// The last of the signals that are no real-time ones.
const LAST_STANDARD: i32 = 31;

/// The signals that the daemon listens to.
pub struct Signals {
    descriptor: AsyncFd<OwnedFd>,
}

impl Signals {
    /// Starts to listen to what [`block`] blocks.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn listen() -> io::Result<Self> {
        let set = set_of(&HEARD);
        // SAFETY: the set is one, and the new descriptor is taken over below.
        let number = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the system has made this descriptor for us just now, and the `AsyncFd` owns it for as long as it lives.
        let descriptor = unsafe { AsyncFd::register(OwnedFd::from_raw_fd(number)) };
        Ok(Self { descriptor: descriptor.map_err(io::Error::from)? })
    }

    /// The next wish. Signals of one kind that come together are one wish.
    pub async fn next(&mut self) -> SignalEvent {
        loop {
            let Ok(mut ready) = self.descriptor.readable().await else { return std::future::pending().await };
            if let Ok(Ok(number)) = ready.try_io(|descriptor| read(descriptor.get_ref())) {
                return meaning(number);
            }
        }
    }
}

fn read(descriptor: &OwnedFd) -> io::Result<i32> {
    let mut told = [0; size_of::<libc::signalfd_siginfo>()];
    if rustix::io::read(descriptor, &mut told)? < told.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let [a, b, c, d, ..] = told;
    Ok(i32::from_ne_bytes([a, b, c, d]))
}

fn meaning(number: i32) -> SignalEvent {
    match number {
        libc::SIGHUP => SignalEvent::Reload,
        libc::SIGUSR2 => SignalEvent::Restart,
        libc::SIGCHLD => SignalEvent::Reap,
        _ => SignalEvent::Stop,
    }
}

/// Blocks exactly what is listened to, whatever the caller has blocked: each thread inherits it from the first. To be
/// called before any other thread exists.
pub fn block() {
    set_mask(&set_of(&[&HEARD[..], &IGNORED].concat()));
}

/// Blocks nothing, and leaves each signal its usual effect, whatever this process ignores. For a child between `fork` and
/// `execve`, where it is allowed to be called. SIGPIPE is what `std` makes of it.
pub fn unblock() {
    let kept = [libc::SIGPIPE, libc::SIGKILL, libc::SIGSTOP];
    for number in (1..=LAST_STANDARD).filter(|number| !kept.contains(number)) {
        // SAFETY: puts the system's own way back; no handler of ours is involved.
        let _ = unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    set_mask(&set_of(&[]));
}

fn set_of(numbers: &[i32]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is made an empty one before anything else is done with it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for number in numbers {
            libc::sigaddset(set.as_mut_ptr(), *number);
        }
        set.assume_init()
    }
}

fn set_mask(set: &libc::sigset_t) {
    // SAFETY: the set is one; the call changes the mask of this thread alone.
    let _ = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, set, std::ptr::null_mut()) };
}
