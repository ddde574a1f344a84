//! Owns a connection on Unix, a bare descriptor: its acceptance, and what can be read and written without waiting.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags};
use tokio::io::unix::AsyncFd;

pub(super) use std::os::fd::OwnedFd as Connection;
pub(super) use std::os::fd::OwnedFd as Listening;
pub(super) use tokio::net::UnixStream as Stream;

/// The listening socket, watched by the runtime.
pub(super) struct Door {
    socket: AsyncFd<OwnedFd>,
}

impl Door {
    /// A door with this socket in it, which is non-blocking.
    pub(super) fn open(socket: OwnedFd) -> io::Result<Self> {
        Ok(Self { socket: watch(socket)? })
    }

    /// The next connection.
    pub(super) async fn accept(&mut self) -> io::Result<Connection> {
        loop {
            let mut ready = self.socket.readable().await?;
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            match ready.try_io(|socket| Ok(rustix::net::accept_with(socket.get_ref(), flags)?)) {
                Ok(outcome) => return outcome,
                Err(_not_ready) => {}
            }
        }
    }
}

/// The connection is gone already, which says nothing about the next one.
pub(super) fn passes_at_once(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::CONNABORTED | Errno::INTR))
}

/// What has come so far; nothing at its end.
pub(super) fn receive_at_once(connection: &Connection, piece: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::net::recv(connection, piece, RecvFlags::DONTWAIT)?.0)
}

/// Sends as much as goes now.
pub(super) fn send_at_once(connection: &Connection, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(connection, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?)
}

/// The connection as the runtime watches it.
pub(super) fn stream(connection: Connection) -> io::Result<Stream> {
    Stream::from_std(StdStream::from(connection))
}

/// The descriptor, watched by the runtime.
pub(super) fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names one open descriptor for as long as it lives, and nothing here replaces it.
    unsafe { AsyncFd::register(descriptor) }.map_err(io::Error::from)
}
