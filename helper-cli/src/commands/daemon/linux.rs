//! Owns the signals to a daemon's process on Linux, where words do not help. No other program is told anything.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The name that the system shows for a daemon's process.
pub(super) const DAEMON: &str = "cp-tokend";

/// Asks the process to end, if that is its name, and waits until it has, at most as long as is left.
///
/// # Errors
/// What the system answers, or that it is another program: behind an activated socket the system names whoever
/// made the socket.
pub(super) fn end_in_order<E>(number: i32, name: &str, left: Result<Duration, E>) -> io::Result<()> {
    tell(number, name, Signal::TERM, left)
}

/// As [`end_in_order`], asking it to hand over to its successor first.
///
/// # Errors
/// As there.
pub(super) fn replace_in_order<E>(number: i32, name: &str, left: Result<Duration, E>) -> io::Result<()> {
    tell(number, name, Signal::USR2, left)
}

fn tell<E>(number: i32, name: &str, word: Signal, left: Result<Duration, E>) -> io::Result<()> {
    let process = Pid::from_raw(number).ok_or(io::ErrorKind::NotFound)?;
    let handle = pidfd_open(process, PidfdFlags::empty())?;
    // The number is looked up after the handle is held, so both mean the same process.
    if std::fs::read_to_string(format!("/proc/{number}/comm"))?.trim_end() != name {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    pidfd_send_signal(&handle, word)?;
    let left = left.map_err(|_| io::ErrorKind::TimedOut)?;
    let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
    match rustix::event::poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&left))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}
