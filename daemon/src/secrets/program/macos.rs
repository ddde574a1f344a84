//! Owns the wait for a program's process on macOS, by a kernel queue.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ChildStdout;

use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, kevent, kqueue};
use rustix::process::Pid;

/// Waits for the output and the end of a program.
pub(super) struct Watch {
    queue: OwnedFd,
    process: Pid,
}

impl Watch {
    pub(super) fn over(process: Pid) -> io::Result<Self> {
        Ok(Self { queue: kqueue()?, process })
    }

    /// Waits until the program has ended (first flag), or has written or closed its output (second flag). The end is
    /// reported by every call: a process that cannot be watched any more has ended.
    pub(super) fn wait(&self, output: Option<&ChildStdout>) -> io::Result<(bool, bool)> {
        let exit = EventFilter::Proc { pid: self.process, flags: ProcessEvents::EXIT };
        let mut wanted = vec![once(exit)];
        wanted.extend(output.map(|pipe| once(EventFilter::Read(pipe.as_raw_fd()))));
        let mut events = Vec::with_capacity(wanted.len());
        let spare = rustix::buffer::spare_capacity(&mut events);
        // SAFETY: the pipe that is watched stays open for the length of the call, which borrows it, and is watched for
        // no longer than until the queue is asked again.
        match unsafe { kevent(&self.queue, &wanted, spare, None) } {
            Err(rustix::io::Errno::SRCH) => return Ok((true, output.is_some())),
            outcome => drop(outcome?),
        }
        let is_output = |event: &Event| matches!(event.filter(), EventFilter::Read(_));
        Ok((events.iter().any(|event| !is_output(event)), events.iter().any(is_output)))
    }
}

fn once(filter: EventFilter) -> Event {
    Event::new(filter, EventFlags::ADD | EventFlags::ONESHOT, std::ptr::null_mut())
}

/// Sets close-on-exec on every descriptor that a library has opened without it.
pub(super) fn set_close_on_exec() {
    const FIRST_OTHER: RawFd = 3;
    // SAFETY: reads a limit of this process.
    let end = unsafe { libc::getdtablesize() };
    for descriptor in FIRST_OTHER..end {
        // SAFETY: sets a flag of a descriptor, and fails where it is closed.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}
