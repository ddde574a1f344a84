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
    let stream = UnixStream::from_std(StdStream::from(connection));
    tokio::spawn(async move {
        // A caller who has gone, or who is too slow, ends the conversation and nothing else.
        let _ = match stream {
            Ok(stream) => converse(stream, stage, service).await,
            Err(error) => Err(error),
        };
        drop(place);
    });
}

async fn converse(stream: UnixStream, mut stage: Stage, service: Arc<Service>) -> io::Result<()> {
    if let Stage::Reading(decoder) = stage {
        let request = read_request(&stream, decoder, &service);
        stage = tokio::time::timeout(READ_LIMIT, request).await.map_err(io::Error::other)??;
    }
    // Boxed, so that the many connections that only wait for a request stay small.
    Box::pin(conclude(stream, stage, service)).await
}

async fn read_request(
    stream: &UnixStream,
    mut decoder: FrameDecoder,
    service: &Service,
) -> io::Result<Stage> {
    loop {
        stream.readable().await?;
        let stage = match read_piece(stream, decoder, service)? {
            Piece::None(same) => Stage::Reading(same),
            Piece::Stage(stage) => stage,
        };
        let Stage::Reading(more) = stage else { return Ok(stage) };
        decoder = more;
    }
}

enum Piece {
    None(FrameDecoder),
    Stage(Stage),
}

/// In a function of its own, so that its buffer is on the stack and not in the waiting task.
fn read_piece(stream: &UnixStream, decoder: FrameDecoder, service: &Service) -> io::Result<Piece> {
    let mut piece = Zeroizing::new([0; 4096]);
    match stream.try_read(&mut piece[..]) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(count) => advance(decoder, &piece[..count], service).map(Piece::Stage).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Piece::None(decoder)),
        Err(error) => Err(error),
    }
}

async fn conclude(stream: UnixStream, stage: Stage, service: Arc<Service>) -> io::Result<()> {
    let stopping = matches!(stage, Stage::Asked(Request::Stop));
    let reply = match stage {
        Stage::Reading(_) => return Ok(()),
        Stage::Replying(bytes, sent) => return write_reply(&stream, &bytes[sent..]).await,
        Stage::Waiting(pending) => with_signs_of_life(&stream, service.finish(pending)).await?,
        Stage::Asked(request) => with_signs_of_life(&stream, to_its_end(service, request)).await?,
    };
    if let Stage::Replying(bytes, _) = replying(&reply) {
        write_reply(&stream, &bytes).await?;
    }
    if stopping {
        // The caller learns that the daemon is gone by the end of this connection, and the system closes it
        // with the process, after the lock.
        std::mem::forget(stream);
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
