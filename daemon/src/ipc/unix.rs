//! Owns a connection on Unix, a bare descriptor: its acceptance, and what can be read and written without waiting.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream as StdStream;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::unix::AsyncFd;

use super::fast_path::Transport;

pub(super) use std::os::fd::OwnedFd as Connection;
pub(super) use std::os::fd::OwnedFd as Listening;
pub(super) use tokio::net::UnixStream as Stream;

/// The listening socket, watched by the runtime.
pub(super) struct AsyncListener {
    socket: AsyncFd<OwnedFd>,
}

impl AsyncListener {
    /// Watches this socket, which is non-blocking.
    pub(super) fn open(socket: OwnedFd) -> io::Result<Self> {
        Ok(Self { socket: watch(socket)? })
    }

    /// The next connection.
    pub(super) async fn accept(&mut self) -> io::Result<Connection> {
        loop {
            let mut ready = self.socket.readable().await?;
            match ready.try_io(|socket| Ok(accept(socket.get_ref())?)) {
                Ok(outcome) => return outcome,
                Err(_not_ready) => {}
            }
        }
    }
}

/// Whether the connection was closed before it was accepted, which says nothing about the next one.
pub(super) fn is_transient_accept_error(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::CONNABORTED | Errno::INTR))
}

impl Transport for Connection {
    fn try_receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::net::recv(self, buffer, RecvFlags::DONTWAIT)?.0)
    }

    fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::net::send(self, bytes, NONBLOCKING)?)
    }
}

impl Transport for Stream {
    fn try_receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer)
    }

    fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.try_write(bytes)
    }
}

/// The connection as the runtime watches it.
pub(super) fn stream(connection: Connection) -> io::Result<Stream> {
    Stream::from_std(StdStream::from(connection))
}

/// Waits until the caller disconnects. A caller may shut down its sending side; one that sends more than one request breaks
/// the protocol and counts as disconnected.
pub(super) async fn disconnected(stream: &Stream) {
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut [0; 1]) {
            Ok(0) if is_still_read(stream) => std::future::pending().await,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// Whether the other end, which sends no more, still reads. If the system does not say so, the next keepalive shows it.
fn is_still_read(stream: &Stream) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let no_wait = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut end = [PollFd::new(stream, PollFlags::empty())];
    let polled = poll(&mut end, Some(&no_wait));
    polled.is_err() || !cfg!(target_os = "linux") || !end[0].revents().contains(PollFlags::HUP)
}

/// The connection's descriptor, by number.
pub(super) fn number(stream: &Stream) -> i32 {
    stream.as_raw_fd()
}

/// The descriptor, watched by the runtime.
pub(super) fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names one open descriptor for as long as it lives, and nothing here replaces it.
    unsafe { AsyncFd::register(descriptor) }.map_err(io::Error::from)
}

/// The next connection, non-blocking and kept from other programs.
#[cfg(not(target_os = "macos"))]
fn accept(socket: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    use rustix::net::SocketFlags;
    rustix::net::accept_with(socket, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)
}

#[cfg(target_os = "macos")]
fn accept(socket: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    let connection = rustix::net::accept(socket)?;
    rustix::io::fcntl_setfd(&connection, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&connection, true)?;
    Ok(connection)
}

/// For a send that neither waits nor ends the process; `std` ignores SIGPIPE where no flag does.
#[cfg(not(target_os = "macos"))]
const NONBLOCKING: SendFlags = SendFlags::NOSIGNAL.union(SendFlags::DONTWAIT);
#[cfg(target_os = "macos")]
const NONBLOCKING: SendFlags = SendFlags::DONTWAIT;
