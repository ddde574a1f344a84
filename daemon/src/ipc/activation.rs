//! Owns the adoption of a socket that a service manager has made (socket activation). Any other socket is refused; the
//! socket's path stays the service manager's.

use std::ffi::OsString;
use std::os::fd::OwnedFd;

use cp_token_protocol::IpcAddress;

#[cfg(unix)]
#[path = "activation/unix.rs"]
mod system;

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

/// The socket that `LISTEN_FDS` hands over, if it is meant for this process.
///
/// # Errors
/// [`ActivationError`]. Variables for another process are ignored.
pub fn adopt(
    variable: impl Fn(&str) -> Option<OsString>,
    address: &IpcAddress,
) -> Result<Option<OwnedFd>, ActivationError> {
    let number = |name: &str| variable(name)?.to_str()?.parse::<usize>().ok();
    if number("LISTEN_PID") != usize::try_from(std::process::id()).ok() {
        return Ok(None);
    }
    match number("LISTEN_FDS") {
        None | Some(0) => Ok(None),
        Some(1) => {
            let socket = system::take_first_descriptor().ok_or(ActivationError::Kind)?;
            check(&socket, address)?;
            Ok(Some(socket))
        }
        Some(several) => Err(ActivationError::Number(several)),
    }
}

/// Accepts only a socket that listens at the path of the helpers.
///
/// # Errors
/// [`ActivationError`].
pub(crate) fn check(socket: &OwnedFd, address: &IpcAddress) -> Result<(), ActivationError> {
    if !system::is_listening_stream(socket) {
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
