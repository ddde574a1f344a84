//! Owns the first descriptor that a service manager hands over.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

/// systemd passes descriptors from 3 on (SD_LISTEN_FDS_START).
const FIRST_DESCRIPTOR: i32 = 3;

/// Descriptor 3, if it is open; marked close-on-exec.
pub(super) fn take_first_descriptor() -> Option<OwnedFd> {
    // SAFETY: the borrow lasts for one call that only asks about the descriptor and fails where it is closed.
    let borrowed = unsafe { BorrowedFd::borrow_raw(FIRST_DESCRIPTOR) };
    rustix::io::fcntl_setfd(borrowed.as_fd(), rustix::io::FdFlags::CLOEXEC).ok()?;
    // SAFETY: the descriptor is open, and LISTEN_PID says that it was handed to this process, which adopts it
    // once, before any other descriptor is opened.
    Some(unsafe { OwnedFd::from_raw_fd(FIRST_DESCRIPTOR) })
}

/// Whether it is a Unix stream socket that listens.
#[cfg(not(target_os = "macos"))]
pub(super) fn is_listening_stream(socket: &OwnedFd) -> bool {
    use rustix::net::{AddressFamily, SocketType, sockopt};
    let listening = sockopt::socket_acceptconn(socket) == Ok(true);
    let stream = sockopt::socket_type(socket) == Ok(SocketType::STREAM);
    listening && stream && sockopt::socket_domain(socket) == Ok(AddressFamily::UNIX)
}

/// macOS does not say whether a socket listens; a connected one does not.
#[cfg(target_os = "macos")]
pub(super) fn is_listening_stream(socket: &OwnedFd) -> bool {
    use rustix::net::{AddressFamily, SocketType, getpeername, getsockname, sockopt};
    let stream = sockopt::socket_type(socket) == Ok(SocketType::STREAM);
    let unix = getsockname(socket).is_ok_and(|name| name.address_family() == AddressFamily::UNIX);
    stream && unix && getpeername(socket).is_err()
}
