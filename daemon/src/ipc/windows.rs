//! Owns a connection on Windows, one instance of the pipe: its acceptance, and what can be read and written without
//! waiting.
#![allow(unsafe_code)]

use std::io::{self, ErrorKind};
use std::os::windows::io::{IntoRawHandle, OwnedHandle};
use std::path::PathBuf;

use tokio::net::windows::named_pipe::NamedPipeServer;

pub(super) use super::socket::Listening;
use super::socket::another;

pub(super) use tokio::net::windows::named_pipe::NamedPipeServer as Connection;
pub(super) use tokio::net::windows::named_pipe::NamedPipeServer as Stream;

/// The instance of the pipe that nobody has come to yet. There is always one, so that nobody else can take the name.
pub(super) struct AsyncListener {
    pending: NamedPipeServer,
    path: PathBuf,
}

impl AsyncListener {
    /// An entrance with the pipe's first instance in it.
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
            // Whoever has come is sent away, and the instance waits for the next.
            let _ = self.pending.disconnect();
        }
        Ok(std::mem::replace(&mut self.pending, next?))
    }
}

/// The caller is gone already, which says nothing about the next one.
pub(super) fn passes_at_once(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

/// What has come so far; nothing at its end.
pub(super) fn receive_at_once(connection: &Connection, piece: &mut [u8]) -> io::Result<usize> {
    connection.try_read(piece)
}

/// Sends as much as goes now.
pub(super) fn send_at_once(connection: &Connection, bytes: &[u8]) -> io::Result<usize> {
    connection.try_write(bytes)
}

/// The connection as the runtime watches it.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere the runtime may refuse it")]
pub(super) fn stream(connection: Connection) -> io::Result<Stream> {
    Ok(connection)
}

/// Waits until the caller has left. Who says more than its one request breaks the protocol, and might as well have left.
pub(super) async fn left(stream: &Stream) {
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut [0; 1]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// Nobody is given a connection by number here.
pub(super) fn number(_: &Stream) -> i32 {
    0
}

fn watch(instance: OwnedHandle) -> io::Result<NamedPipeServer> {
    // SAFETY: the handle is one end of a pipe that was made for overlapped use, and nobody else has it.
    unsafe { NamedPipeServer::from_raw_handle(instance.into_raw_handle()) }
}
