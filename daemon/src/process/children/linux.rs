//! Owns the system calls that find and reap an ended child.
#![allow(unsafe_code)]

use rustix::process::{Pid, WaitOptions, waitpid};

/// A child that has ended; it is not reaped.
pub(super) fn ended_child() -> Option<u32> {
    // SAFETY: zero is a value of every field.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `info` is writable; with these flags the call neither waits nor reaps.
    let status = unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, flags) };
    // SAFETY: the system has filled in the fields of an ended child, or left the zeros.
    let pid = unsafe { info.si_pid() };
    (status == 0).then_some(pid).and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0)
}

/// Whether the child had ended, and is reaped now.
pub(super) fn reap(child: u32) -> bool {
    let pid = i32::try_from(child).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_))))
}
