//! Owns the first descriptor that a service manager hands over.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

/// The protocol of systemd starts counting behind standard error.
const FIRST: i32 = 3;

/// Descriptor 3, if it is open; taken over, and kept from children.
pub(super) fn first_handed_over() -> Option<OwnedFd> {
    // SAFETY: the borrow lasts for one call that only asks about the descriptor and fails where it is closed.
    let borrowed = unsafe { BorrowedFd::borrow_raw(FIRST) };
    rustix::io::fcntl_setfd(borrowed.as_fd(), rustix::io::FdFlags::CLOEXEC).ok()?;
    // SAFETY: the descriptor is open, and LISTEN_PID says that it was handed to this process, which adopts it
    // once, before any other descriptor is opened.
    Some(unsafe { OwnedFd::from_raw_fd(FIRST) })
}
