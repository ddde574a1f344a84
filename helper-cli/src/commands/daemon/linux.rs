//! Owns the signals to a daemon on Linux that does not understand our requests. It signals no other program.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags, openat};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use crate::daemon::deadline::Deadline;

const DAEMON: &str = "cp-tokend";

/// Asks the process to end, if it is a daemon, and waits until it has, at most as long as is left.
pub(super) fn terminate<E>(number: i32, left: Result<Duration, E>) -> io::Result<()> {
    let handle = Handle::of(number)?;
    handle.send_signal(DAEMON, Signal::TERM)?;
    handle.wait(left.map_err(|_| io::ErrorKind::TimedOut)?)
}

/// Asks the process to go on with the new file of its program, if it is a daemon. It stays the same process.
pub(super) fn request_upgrade(number: i32) -> io::Result<()> {
    Handle::of(number)?.send_signal(DAEMON, Signal::USR2)
}

/// A process: its number, its directory in `/proc`, and a pidfd, which is missing before Linux 5.3 and in some sandboxes.
struct Handle {
    process: Pid,
    folder: OwnedFd,
    descriptor: Option<OwnedFd>,
}

impl Handle {
    fn of(number: i32) -> io::Result<Self> {
        let process = Pid::from_raw(number).ok_or(io::ErrorKind::NotFound)?;
        let descriptor = pidfd_open(process, PidfdFlags::empty()).ok();
        Self::with(process, descriptor)
    }

    fn with(process: Pid, descriptor: Option<OwnedFd>) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(format!("/proc/{}", process.as_raw_pid()), flags, Mode::empty())?;
        Ok(Self { process, folder, descriptor })
    }

    /// Sends the signal if the process has that name. The name is read while the handle is held, so both mean the same
    /// process; without a pidfd its number could be reused in between.
    fn send_signal(&self, name: &str, signal: Signal) -> io::Result<()> {
        if self.read("comm")?.trim_ascii_end() != name.as_bytes() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        match &self.descriptor {
            Some(descriptor) => pidfd_send_signal(descriptor, signal)?,
            None => kill_process(self.process, signal)?,
        }
        Ok(())
    }

    fn wait(&self, left: Duration) -> io::Result<()> {
        let Some(descriptor) = &self.descriptor else { return self.poll_until_ended(left) };
        let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
        match rustix::event::poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&left))? {
            0 => Err(io::ErrorKind::TimedOut.into()),
            _ => Ok(()),
        }
    }

    fn poll_until_ended(&self, left: Duration) -> io::Result<()> {
        const PAUSE: Duration = Duration::from_millis(20);
        let deadline = Deadline::new(left);
        while self.read("stat").is_ok_and(|stat| !has_ended(&stat)) {
            std::thread::sleep(PAUSE.min(deadline.remaining().map_err(|_| io::ErrorKind::TimedOut)?));
        }
        Ok(())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let file = openat(&self.folder, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        File::from(file).read_to_end(&mut text)?;
        Ok(text)
    }
}

/// Whether nothing of the process is left but its number, from what stands behind its name.
fn has_ended(stat: &[u8]) -> bool {
    let behind = stat.rsplit(|&byte| byte == b')').next().unwrap_or_default().trim_ascii_start();
    matches!(behind.first(), None | Some(b'Z' | b'X'))
}

#[cfg(test)]
#[path = "linux_tests.rs"]
mod tests;
