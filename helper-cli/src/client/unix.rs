//! Owns the connecting on Unix: never longer than it is allowed to take.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use interprocess::local_socket::Stream;
use interprocess::os::unix::uds_local_socket;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

/// Connects, waiting up to `patience` for a place in the listener's queue, and for everything afterwards.
///
/// The kernel does the waiting: for a local socket the send timeout is also that of connecting. A connect that
/// does not block cannot wait for a place, and `interprocess` takes its "not now" for a connection.
pub(super) fn connect(socket: &Path, patience: Duration) -> io::Result<Stream> {
    let address = SocketAddrUnix::new(socket)?;
    let descriptor = private_socket()?;
    set_socket_timeout(&descriptor, Timeout::Send, Some(patience))?;
    set_socket_timeout(&descriptor, Timeout::Recv, Some(patience))?;
    rustix::io::retry_on_intr(|| rustix::net::connect(&descriptor, &address))?;
    Ok(uds_local_socket::Stream::from(descriptor).into())
}

/// One that no program of ours inherits.
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

/// The stream's descriptor.
pub(super) fn descriptor(stream: &Stream) -> BorrowedFd<'_> {
    match stream {
        Stream::UdSocket(socket) => socket.as_fd(),
    }
}
