//! Owns the connecting on Unix: never longer than it is allowed to take.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use cp_token_protocol::{IpcAddress, PeerError, require_own_folder, require_same_user};
use interprocess::local_socket::traits::Stream as _;
use interprocess::local_socket::traits::StreamCommon as _;
use interprocess::os::unix::uds_local_socket;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

pub(super) use interprocess::local_socket::Stream;

/// Checks that the socket directory is our own.
pub(super) fn require_own_directory(address: &IpcAddress) -> Result<(), PeerError> {
    require_own_folder(address.folder())
}

/// Connects. `timeout` is the timeout of connecting and of everything afterwards.
///
/// For a local socket the send timeout is also that of connecting. A non-blocking connect could not wait for a place
/// in the listener's queue, and `interprocess` mistakes its "not now" for a connection.
pub(super) fn connect(socket: &Path, timeout: Duration) -> io::Result<Stream> {
    let address = SocketAddrUnix::new(socket)?;
    let descriptor = private_socket()?;
    set_socket_timeout(&descriptor, Timeout::Send, Some(timeout))?;
    set_socket_timeout(&descriptor, Timeout::Recv, Some(timeout))?;
    rustix::io::retry_on_intr(|| rustix::net::connect(&descriptor, &address))?;
    Ok(uds_local_socket::Stream::from(descriptor).into())
}

/// A socket that no child inherits.
#[cfg(not(target_os = "macos"))]
fn private_socket() -> rustix::io::Result<OwnedFd> {
    use rustix::net::{SocketFlags, socket_with};
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
}

#[cfg(target_os = "macos")]
fn private_socket() -> rustix::io::Result<OwnedFd> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// Checks that the peer is our own user.
pub(super) fn require_our_daemon(stream: &Stream) -> Result<(), PeerError> {
    let Stream::UdSocket(socket) = stream;
    require_same_user(socket.as_fd()).map(drop)
}

pub(super) fn set_read_timeout(stream: &mut Stream, timeout: Duration) -> io::Result<()> {
    stream.set_recv_timeout(Some(timeout))
}

pub(super) fn process(stream: &Stream) -> Option<i32> {
    stream.peer_creds().ok()?.pid()
}
