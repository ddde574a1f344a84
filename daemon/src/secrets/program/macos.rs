//! Owns the watch over a program's process on macOS, by a kernel queue.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ChildStdout;

use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, kevent, kqueue};
use rustix::process::Pid;

/// Sees a program end, and speak.
pub(super) struct Watch {
    queue: OwnedFd,
    process: Pid,
}

impl Watch {
    pub(super) fn over(process: Pid) -> io::Result<Self> {
        Ok(Self { queue: kqueue()?, process })
    }

    /// Waits until the program has ended, or has said more or closed its output. Its end is told again at every look:
    /// one that comes too late to be watched has come already.
    pub(super) fn look(&self, output: Option<&ChildStdout>) -> io::Result<(bool, bool)> {
        let exit = EventFilter::Proc { pid: self.process, flags: ProcessEvents::EXIT };
        let mut wanted = vec![once(exit)];
        wanted.extend(output.map(|pipe| once(EventFilter::Read(pipe.as_raw_fd()))));
        let mut news = Vec::with_capacity(wanted.len());
        let spare = rustix::buffer::spare_capacity(&mut news);
        // SAFETY: the pipe that is watched stays open for the length of the call, which borrows it, and is watched for
        // no longer than until the queue is asked again.
        match unsafe { kevent(&self.queue, &wanted, spare, None) } {
            Err(rustix::io::Errno::SRCH) => return Ok((true, output.is_some())),
            outcome => drop(outcome?),
        }
        let spoke = |event: &Event| matches!(event.filter(), EventFilter::Read(_));
        Ok((news.iter().any(|event| !spoke(event)), news.iter().any(spoke)))
    }
}

fn once(filter: EventFilter) -> Event {
    Event::new(filter, EventFlags::ADD | EventFlags::ONESHOT, std::ptr::null_mut())
}

/// Whatever a library has opened without the mark that keeps it from other programs is given that mark.
pub(super) fn keep_descriptors_to_ourselves() {
    const FIRST_OTHER: RawFd = 3;
    // SAFETY: reads a limit of this process.
    let end = unsafe { libc::getdtablesize() };
    for descriptor in FIRST_OTHER..end {
        // SAFETY: sets a mark on a descriptor, and fails where it is closed.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}
