//! Owns signals on Linux as a descriptor: they are always blocked, so that a signal waits, even over the `execve` of a
//! hand-over, until the loop reads it.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use tokio::io::unix::AsyncFd;

use super::SignalEvent;
use super::unix::{set_mask, set_of};

/// Signals that are read; SIGCHLD reports an ended child.
const HANDLED: [i32; 5] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGUSR2, libc::SIGCHLD];
/// Signals that would end the process without a meaning for it.
const IGNORED: [i32; 3] = [libc::SIGUSR1, libc::SIGALRM, libc::SIGIO];

/// The signals that the daemon handles.
pub struct Signals {
    descriptor: AsyncFd<OwnedFd>,
}

impl Signals {
    /// Listens for the signals that [`block`] blocks.
    pub fn listen() -> io::Result<Self> {
        let set = set_of(&HANDLED);
        // SAFETY: the set is initialised, and the new descriptor is owned below.
        let number = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, and the `AsyncFd` owns it.
        let descriptor = unsafe { AsyncFd::register(OwnedFd::from_raw_fd(number)) };
        Ok(Self { descriptor: descriptor.map_err(io::Error::from)? })
    }

    /// The next event. Several pending signals of one kind are one event.
    pub async fn next(&mut self) -> SignalEvent {
        loop {
            let Ok(mut ready) = self.descriptor.readable().await else { return std::future::pending().await };
            if let Ok(Ok(number)) = ready.try_io(|descriptor| read(descriptor.get_ref())) {
                return event(number);
            }
        }
    }
}

fn read(descriptor: &OwnedFd) -> io::Result<i32> {
    let mut info = [0; size_of::<libc::signalfd_siginfo>()];
    if rustix::io::read(descriptor, &mut info)? < info.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let [a, b, c, d, ..] = info;
    Ok(i32::from_ne_bytes([a, b, c, d]))
}

fn event(number: i32) -> SignalEvent {
    match number {
        libc::SIGHUP => SignalEvent::Reload,
        libc::SIGUSR2 => SignalEvent::Restart,
        libc::SIGCHLD => SignalEvent::Reap,
        _ => SignalEvent::Stop,
    }
}

/// Blocks exactly the signals of the daemon, whatever the parent has blocked. To be called before any other thread exists,
/// since threads inherit it.
pub fn block() {
    set_mask(&set_of(&[&HANDLED[..], &IGNORED].concat()));
}
