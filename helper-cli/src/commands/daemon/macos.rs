//! Owns the termination on macOS of a daemon that does not understand our requests. It ends no other program.
#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, kevent_timespec, kqueue};
use rustix::process::{Pid, Signal, kill_process};

const DAEMON: &str = "cp-tokend";

/// Asks the process to end, if that is its name, and waits until it has, at most as long as is left.
pub(super) fn terminate<E>(number: i32, left: Result<Duration, E>) -> io::Result<()> {
    let process = Pid::from_raw(number).ok_or(io::ErrorKind::NotFound)?;
    let queue = kqueue()?;
    let exit = EventFilter::Proc { pid: process, flags: ProcessEvents::EXIT };
    let exit = Event::new(exit, EventFlags::ADD | EventFlags::ONESHOT, std::ptr::null_mut());
    let mut news = [exit; 1];
    // SAFETY: no descriptor of ours is watched.
    unsafe { kevent_timespec(&queue, &[exit], &mut news[..0], Some(&NO_WAIT)) }?;
    // The number is looked up after its end is watched for, so that an end in between is not missed.
    if name_of(number)? != DAEMON.as_bytes() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    kill_process(process, Signal::TERM)?;
    let left = left.map_err(|_| io::ErrorKind::TimedOut)?;
    let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: as above.
    match unsafe { kevent_timespec(&queue, &[], &mut news, Some(&left)) }? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}

/// No daemon hands over here, so none is asked to.
pub(super) fn request_upgrade(_: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn name_of(number: i32) -> io::Result<Vec<u8>> {
    let mut name = vec![0_u8; 64];
    let size = u32::try_from(name.len()).map_err(io::Error::other)?;
    // SAFETY: `name` is writable for the size given.
    let length = unsafe { libc::proc_name(number, name.as_mut_ptr().cast(), size) };
    name.truncate(usize::try_from(length).unwrap_or(0));
    if name.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(name) }
}

const NO_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
