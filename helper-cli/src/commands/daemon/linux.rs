//! Owns the signals to a daemon's process on Linux, where words do not help. No other program is told anything.

use std::io;
use std::os::fd::OwnedFd;
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
    let handle = tell(number, name, Signal::TERM)?;
    let left = left.map_err(|_| io::ErrorKind::TimedOut)?;
    let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
    match rustix::event::poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&left))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}

/// Asks the process to go on with the new file of its program, if that is its name. It stays the same process.
///
/// # Errors
/// As [`end_in_order`], at once.
pub(super) fn replace_in_order(number: i32, name: &str) -> io::Result<()> {
    tell(number, name, Signal::USR2).map(drop)
}

fn tell(number: i32, name: &str, word: Signal) -> io::Result<OwnedFd> {
    let process = Pid::from_raw(number).ok_or(io::ErrorKind::NotFound)?;
    let handle = pidfd_open(process, PidfdFlags::empty())?;
    // The number is looked up after the handle is held, so both mean the same process.
    if std::fs::read_to_string(format!("/proc/{number}/comm"))?.trim_end() != name {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    pidfd_send_signal(&handle, word)?;
    Ok(handle)
}
