//! Owns the wait for a program's process on Linux, by a descriptor of the process, or by a thread if there is none.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;
use std::process::ChildStdout;
use std::thread::Builder;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

use crate::base::memory;

/// Enough for one system call, in bytes.
const STACK_SIZE: usize = 64 * 1024;

/// Waits for the output and the end of a program.
pub(super) struct Watch {
    pub(super) ended: OwnedFd,
}

impl Watch {
    pub(super) fn over(process: Pid) -> io::Result<Self> {
        let ended = pidfd_open(process, PidfdFlags::empty()).or_else(|_| watch_by_thread(process))?;
        Ok(Self { ended })
    }

    /// Waits until the program has ended (first flag), or has written or closed its output (second flag). The end is
    /// checked first, so that earlier output is seen in the same call.
    pub(super) fn wait(&self, output: Option<&ChildStdout>) -> io::Result<(bool, bool)> {
        let mut watched = vec![PollFd::new(&self.ended, PollFlags::IN)];
        watched.extend(output.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        rustix::io::retry_on_intr(|| poll(&mut watched, None))?;
        let is_ready = |watched: &PollFd| !watched.revents().is_empty();
        Ok((is_ready(&watched[0]), watched.get(1).is_some_and(is_ready)))
    }
}

/// A descriptor that hangs up when the process ends, for kernels and sandboxes without `pidfd_open`.
pub(super) fn watch_by_thread(process: Pid) -> io::Result<OwnedFd> {
    let (reader, writer) = io::pipe()?;
    let wait = move || {
        // The status is left to the thread that has started the process, and may be gone already.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(process), options));
        drop(writer);
    };
    memory::start_thread(Builder::new().name("program".to_owned()).stack_size(STACK_SIZE), wait)?;
    Ok(reader.into())
}

/// Sets close-on-exec on every descriptor that a library has opened without it. Does nothing before Linux 5.11.
pub(super) fn set_close_on_exec() {
    const FIRST_OTHER: libc::c_uint = 3;
    // SAFETY: with this flag the call closes nothing here; it only sets the close-on-exec flag.
    let _ = unsafe {
        libc::syscall(libc::SYS_close_range, FIRST_OTHER, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC)
    };
}
