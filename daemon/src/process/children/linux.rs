//! Owns the system calls that find an ended child and take notice of it.
#![allow(unsafe_code)]

use rustix::process::{Pid, WaitOptions, waitpid};

/// A child that has ended and that nobody has waited for; it is left as it is.
pub(super) fn ended_child() -> Option<u32> {
    // SAFETY: zero is a value of every field.
    let mut told: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `told` is writable; with these flags nothing is waited for and nothing is taken notice of.
    let status = unsafe { libc::waitid(libc::P_ALL, 0, &raw mut told, flags) };
    // SAFETY: the system has written the fields of an ended child, or left the zeros.
    let number = unsafe { told.si_pid() };
    (status == 0).then_some(number).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

/// Takes notice of its end; whether there was any.
pub(super) fn reap(child: u32) -> bool {
    let number = i32::try_from(child).ok().and_then(Pid::from_raw);
    number.is_some_and(|number| matches!(waitpid(Some(number), WaitOptions::NOHANG), Ok(Some(_))))
}
