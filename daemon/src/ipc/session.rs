//! Owns one conversation that takes time: a deadline for the request, signs of life while the answer is
//! made, a deadline for the reply. One request, then the connection is closed.

use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::message::{Request, Response};
use cp_token_protocol::{FrameDecoder, encode_response};
use tokio::net::UnixStream;
use zeroize::Zeroizing;

use super::eager::{Stage, advance, replying};
use super::listener::Place;
use crate::failure;
use crate::service::Service;

/// Carries the conversation on in a task of its own, which holds its place for as long.
pub(super) fn spawn(connection: OwnedFd, stage: Stage, service: Arc<Service>, place: Place) {
    // A caller who has gone, or who is too slow, ends the conversation and nothing else.
    if let Ok(stream) = UnixStream::from_std(StdStream::from(connection)) {
        let mut conversation = Conversation { stream, stage, service, place: Some(place) };
        tokio::spawn(async move { conversation.run().await.unwrap_or_default() });
    }
}

/// Everything that one conversation keeps while it waits; a thousand of them cost less than a megabyte.
struct Conversation {
    stream: UnixStream,
    stage: Stage,
    service: Arc<Service>,
    /// Given back early by the caller who has asked the daemon to stop, and is told by the end of the connection.
    place: Option<Place>,
}

impl Conversation {
    async fn run(&mut self) -> io::Result<()> {
        if matches!(self.stage, Stage::Reading(_)) {
            tokio::time::timeout(READ_LIMIT, self.read_request()).await.map_err(io::Error::other)??;
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Reading(FrameDecoder::default()));
        // Boxed for the same reason: most of what an answer needs is not needed to wait for a request.
        let stopping = matches!(&stage, Stage::Asked(request) if matches!(**request, Request::Stop));
        Box::pin(conclude(&self.stream, stage, Arc::clone(&self.service))).await?;
        if stopping {
            self.place = None;
            // The runtime drops this after the lock is given back.
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn read_request(&mut self) -> io::Result<()> {
        while matches!(self.stage, Stage::Reading(_)) {
            self.stream.readable().await?;
            self.read_piece()?;
        }
        Ok(())
    }

    /// Not async, so that its buffer is on the stack and not in the waiting task.
    fn read_piece(&mut self) -> io::Result<()> {
        let Stage::Reading(decoder) = &mut self.stage else { return Ok(()) };
        let mut piece = Zeroizing::new([0; 4096]);
        match self.stream.try_read(&mut piece[..]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                let stage = advance(std::mem::take(decoder), &piece[..count], &self.service);
                self.stage = stage.map_err(io::Error::other)?;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }
}

async fn conclude(stream: &UnixStream, stage: Stage, service: Arc<Service>) -> io::Result<()> {
    let reply = match stage {
        Stage::Reading(_) => return Ok(()),
        Stage::Replying(bytes, sent) => return write_reply(stream, &bytes[sent..]).await,
        Stage::Waiting(pending) => with_signs_of_life(stream, service.finish(*pending)).await?,
        Stage::Asked(request) => with_signs_of_life(stream, to_its_end(service, *request)).await?,
    };
    if let Stage::Replying(bytes, _) = replying(&reply) {
        write_reply(stream, &bytes).await?;
    }
    Ok(())
}

/// Handles the request in a task of its own: a change to a profile is not cut short by a caller who leaves.
async fn to_its_end(service: Arc<Service>, request: Request) -> Response {
    let handled = tokio::spawn(async move { service.handle(request).await }).await;
    handled.unwrap_or_else(|_| Response::Failure(failure::internal()))
}

/// Tells the caller at once, and then every second, that the answer is being made.
async fn with_signs_of_life(
    stream: &UnixStream,
    answer: impl Future<Output = Response>,
) -> io::Result<Response> {
    let mut answer = std::pin::pin!(answer);
    let working = encode_response(&Response::Working).unwrap_or_default();
    let mut pulse = tokio::time::interval(PULSE);
    loop {
        tokio::select! {
            biased;
            response = &mut answer => return Ok(response),
            _ = pulse.tick() => write_reply(stream, &working).await?,
        }
    }
}

async fn write_reply(stream: &UnixStream, bytes: &[u8]) -> io::Result<()> {
    let write = async {
        let mut rest = bytes;
        while !rest.is_empty() {
            stream.writable().await?;
            match stream.try_write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    tokio::time::timeout(WRITE_LIMIT, write).await.map_err(io::Error::other)?
}

/// For the whole request, however it is cut into pieces.
const READ_LIMIT: Duration = Duration::from_secs(5);
/// For one reply.
const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// A caller takes three of these without a sign of life as the end.
const PULSE: Duration = Duration::from_secs(1);
