//! Owns the registration of a bare descriptor with the runtime.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::unix::AsyncFd;

/// The descriptor, watched by the runtime.
pub(super) fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names one open descriptor for as long as it lives, and nothing here replaces it.
    unsafe { AsyncFd::register(descriptor) }.map_err(io::Error::from)
}
