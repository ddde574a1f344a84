//! Owns a connection on Windows, one instance of the pipe: its acceptance, and what can be read and written without
//! waiting.
#![allow(unsafe_code)]

use std::io::{self, ErrorKind};
use std::os::windows::io::{IntoRawHandle, OwnedHandle};
use std::path::PathBuf;

use tokio::net::windows::named_pipe::NamedPipeServer;

use super::fast_path::Transport;
pub(super) use super::socket::Listening;
use super::socket::another;

pub(super) use tokio::net::windows::named_pipe::NamedPipeServer as Connection;
pub(super) use tokio::net::windows::named_pipe::NamedPipeServer as Stream;

/// The instance of the pipe without a client. There is always one, so that nobody else can take the name.
pub(super) struct AsyncListener {
    pending: NamedPipeServer,
    path: PathBuf,
}

impl AsyncListener {
    /// Watches the pipe's first instance.
    pub(super) fn open(listening: Listening) -> io::Result<Self> {
        Ok(Self { pending: watch(listening.first)?, path: listening.path })
    }

    /// The next connection. The instance for the one after it is there before this one is given out.
    pub(super) async fn accept(&mut self) -> io::Result<Connection> {
        let next = match self.pending.connect().await {
            Ok(()) => another(&self.path).and_then(watch),
            Err(error) => Err(error),
        };
        if next.is_err() {
            // Closes the connection, so that the instance waits for the next one.
            let _ = self.pending.disconnect();
        }
        Ok(std::mem::replace(&mut self.pending, next?))
    }
}

/// Whether the caller disconnected already, which says nothing about the next one.
pub(super) fn is_transient_accept_error(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

impl Transport for NamedPipeServer {
    fn try_receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer)
    }

    fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.try_write(bytes)
    }
}

/// The connection as the runtime watches it.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere the runtime may refuse it")]
pub(super) fn stream(connection: Connection) -> io::Result<Stream> {
    Ok(connection)
}

/// Waits until the caller disconnects. One that sends more than one request breaks the protocol and counts as disconnected.
pub(super) async fn disconnected(stream: &Stream) {
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut [0; 1]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// Connections are not passed on by number here.
pub(super) fn number(_: &Stream) -> i32 {
    0
}

fn watch(instance: OwnedHandle) -> io::Result<NamedPipeServer> {
    // SAFETY: the handle is one end of a pipe that was made for overlapped use, and nobody else has it.
    unsafe { NamedPipeServer::from_raw_handle(instance.into_raw_handle()) }
}
