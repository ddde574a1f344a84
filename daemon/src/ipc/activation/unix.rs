//! Owns the adoption of a socket that a service manager has made (socket activation). Any other socket is refused; the
//! socket's path stays the service manager's.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

use cp_token_protocol::IpcAddress;

/// systemd passes descriptors from 3 on (SD_LISTEN_FDS_START).
const FIRST_DESCRIPTOR: i32 = 3;

/// Why the descriptor is not adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// There is more than one.
    #[error("LISTEN_FDS hands over {0} sockets where one is expected")]
    Number(usize),
    /// It is no listening Unix stream socket.
    #[error("the socket that LISTEN_FDS hands over is no listening Unix stream socket")]
    Kind,
    /// It listens at another path.
    #[error("the socket that LISTEN_FDS hands over does not listen where the helpers come")]
    Path,
}

/// How many sockets a service manager passes to this process (sd_listen_fds(3)).
pub fn passed_sockets(variable: impl Fn(&str) -> Option<OsString>) -> usize {
    let number = |name: &str| variable(name)?.to_str()?.parse::<usize>().ok();
    let is_ours = number("LISTEN_PID") == usize::try_from(std::process::id()).ok();
    number("LISTEN_FDS").filter(|_| is_ours).unwrap_or(0)
}

/// The one socket that is passed, if any. Fails if it is none of ours.
pub fn adopt(passed: usize, address: &IpcAddress) -> Result<Option<OwnedFd>, ActivationError> {
    match passed {
        0 => Ok(None),
        1 => {
            let socket = take_first_descriptor().ok_or(ActivationError::Kind)?;
            check(&socket, address)?;
            Ok(Some(socket))
        }
        several => Err(ActivationError::Number(several)),
    }
}

/// Accepts only a socket that listens at the path of the helpers.
pub(crate) fn check(socket: &OwnedFd, address: &IpcAddress) -> Result<(), ActivationError> {
    if !is_listening_stream(socket) {
        return Err(ActivationError::Kind);
    }
    let name = rustix::net::getsockname(socket).ok();
    let name = name.and_then(|name| rustix::net::SocketAddrUnix::try_from(name).ok());
    let path = name.as_ref().and_then(|name| name.path_bytes());
    if path != Some(address.socket().as_os_str().as_encoded_bytes()) {
        return Err(ActivationError::Path);
    }
    let _ = rustix::io::ioctl_fionbio(socket, true);
    Ok(())
}

/// Descriptor 3, if it is open; marked close-on-exec.
fn take_first_descriptor() -> Option<OwnedFd> {
    // SAFETY: the borrow lasts for one call that only asks about the descriptor and fails where it is closed.
    let borrowed = unsafe { BorrowedFd::borrow_raw(FIRST_DESCRIPTOR) };
    rustix::io::fcntl_setfd(borrowed.as_fd(), rustix::io::FdFlags::CLOEXEC).ok()?;
    // SAFETY: the descriptor is open, and LISTEN_PID says that it was handed to this process, which adopts it
    // once, before any other descriptor is opened.
    Some(unsafe { OwnedFd::from_raw_fd(FIRST_DESCRIPTOR) })
}

/// Whether it is a Unix stream socket that listens.
#[cfg(not(target_os = "macos"))]
fn is_listening_stream(socket: &OwnedFd) -> bool {
    use rustix::net::{AddressFamily, SocketType, sockopt};
    let listening = sockopt::socket_acceptconn(socket) == Ok(true);
    let stream = sockopt::socket_type(socket) == Ok(SocketType::STREAM);
    listening && stream && sockopt::socket_domain(socket) == Ok(AddressFamily::UNIX)
}

/// macOS does not say whether a socket listens; a connected one does not.
#[cfg(target_os = "macos")]
fn is_listening_stream(socket: &OwnedFd) -> bool {
    use rustix::net::{AddressFamily, SocketType, getpeername, getsockname, sockopt};
    let stream = sockopt::socket_type(socket) == Ok(SocketType::STREAM);
    let unix = getsockname(socket).is_ok_and(|name| name.address_family() == AddressFamily::UNIX);
    stream && unix && getpeername(socket).is_err()
}
