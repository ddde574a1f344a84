//! Owns the registration of the listening descriptor with the runtime.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::unix::AsyncFd;

/// The socket, watched for callers.
pub(super) fn watch(socket: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names one open descriptor for as long as it lives, and nothing here replaces it.
    unsafe { AsyncFd::register(socket) }.map_err(io::Error::from)
}
