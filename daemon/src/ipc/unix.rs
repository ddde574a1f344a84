//! Owns the calls that bare sockets need: their registration with the runtime, accept, and a send that waits for nobody.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::SendFlags;
use tokio::io::unix::AsyncFd;

/// The descriptor, watched by the runtime.
pub(super) fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names one open descriptor for as long as it lives, and nothing here replaces it.
    unsafe { AsyncFd::register(descriptor) }.map_err(io::Error::from)
}

/// The next connection, non-blocking and kept from other programs.
#[cfg(not(target_os = "macos"))]
pub(super) fn accept(socket: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    use rustix::net::SocketFlags;
    rustix::net::accept_with(socket, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)
}

#[cfg(target_os = "macos")]
pub(super) fn accept(socket: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    let connection = rustix::net::accept(socket)?;
    rustix::io::fcntl_setfd(&connection, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&connection, true)?;
    Ok(connection)
}

/// For a send that neither waits nor ends the process; `std` has SIGPIPE ignored where no flag says so.
#[cfg(not(target_os = "macos"))]
pub(super) const AT_ONCE: SendFlags = SendFlags::NOSIGNAL.union(SendFlags::DONTWAIT);
#[cfg(target_os = "macos")]
pub(super) const AT_ONCE: SendFlags = SendFlags::DONTWAIT;
