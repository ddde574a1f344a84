//! Owns unbuffered writing to the standard descriptors on Unix: `std`'s buffers would hide a failure.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::Ordering;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::run::program;

const MAX_PARTS: usize = 8;

/// How long a reader that takes nothing is waited for, if the descriptor is set not to block.
const WRITE_TIMEOUT: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };

pub(super) fn write_to_stdout(parts: &[&[u8]]) -> io::Result<()> {
    write_whole(rustix::stdio::stdout(), parts)
}

pub(super) fn write_to_stderr(bytes: &[u8]) -> io::Result<()> {
    write_whole(rustix::stdio::stderr(), &[bytes])
}

/// Ends this process with SIGPIPE. Returns if the caller ignores that signal.
#[cold]
pub(super) fn end_by_pipe_signal() {
    if !program::PIPE_WAS_IGNORED.load(Ordering::Relaxed) {
        program::exit_as(ExitStatus::from_raw(libc::SIGPIPE));
    }
}

fn write_whole(output: impl AsFd, parts: &[&[u8]]) -> io::Result<()> {
    let mut slices = [IoSlice::new(&[]); MAX_PARTS];
    for (slice, part) in slices.iter_mut().zip(parts) {
        *slice = IoSlice::new(part);
    }
    let mut rest = &mut slices[..parts.len().min(MAX_PARTS)];
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match rustix::io::writev(&output, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut rest, count),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_for_room(output.as_fd())?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cold]
fn wait_for_room(output: impl AsFd) -> io::Result<()> {
    match rustix::event::poll(&mut [PollFd::new(&output, PollFlags::OUT)], Some(&WRITE_TIMEOUT)) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
