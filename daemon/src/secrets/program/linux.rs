//! Owns the watch over a program's process on Linux, by a descriptor of it, or by a thread where there is none.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;
use std::process::ChildStdout;
use std::thread::Builder;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

use crate::base::memory;

/// Room enough for one system call.
const STACK: usize = 64 * 1024;

/// Sees a program end, and speak.
pub(super) struct Watch {
    pub(super) ended: OwnedFd,
}

impl Watch {
    pub(super) fn over(process: Pid) -> io::Result<Self> {
        let ended = pidfd_open(process, PidfdFlags::empty()).or_else(|_| end_seen_by_a_thread(process))?;
        Ok(Self { ended })
    }

    /// Waits until the program has ended, or has said more or closed its output. Its end is looked at first, so that
    /// what it said before is seen in the same look.
    pub(super) fn look(&self, output: Option<&ChildStdout>) -> io::Result<(bool, bool)> {
        let mut watched = vec![PollFd::new(&self.ended, PollFlags::IN)];
        watched.extend(output.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        rustix::io::retry_on_intr(|| poll(&mut watched, None))?;
        let has_news = |watched: &PollFd| !watched.revents().is_empty();
        Ok((has_news(&watched[0]), watched.get(1).is_some_and(has_news)))
    }
}

/// A descriptor that hangs up when the process ends. For kernels before Linux 5.3, and for sandboxes that forbid the
/// newer call.
pub(super) fn end_seen_by_a_thread(process: Pid) -> io::Result<OwnedFd> {
    let (news, held) = io::pipe()?;
    let wait = move || {
        // Its status stays for whoever has started it, who may have taken it already: then there is none to wait for.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(process), options));
        drop(held);
    };
    memory::start_thread(Builder::new().name("program".to_owned()).stack_size(STACK), wait)?;
    Ok(news.into())
}

/// Whatever a library has opened without the mark that keeps it from other programs is given that mark. On a kernel
/// older than Linux 5.11, that is left to the libraries.
pub(super) fn keep_descriptors_to_ourselves() {
    const FIRST_OTHER: libc::c_uint = 3;
    // SAFETY: with this flag the call closes nothing here; it only sets the close-on-exec mark.
    let _ = unsafe {
        libc::syscall(libc::SYS_close_range, FIRST_OTHER, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC)
    };
}
