//! Owns the bound on all that a server sends in one exchange, below TLS and HTTP: whatever it sends without end (interim
//! answers, empty records, tickets), work and time end with it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes that are read of a connection: far more than certificates, headers and the longest body take.
const LIMIT: usize = 1024 * 1024;

/// The server sends without end.
#[derive(Debug, thiserror::Error)]
#[error("the server sends without end")]
pub(in crate::authority) struct Flooded;

/// A stream that ends in an error where it brings more than any answer has.
pub(super) struct Bounded<S> {
    stream: S,
    read: usize,
}

impl<S> Bounded<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, read: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read > LIMIT {
            return Poll::Ready(Err(io::Error::other(Flooded)));
        }
        let before = room.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, room);
        self.read += room.filled().len() - before;
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
