//! Owns one conversation whose answer takes time: signs of life while the answer is made, a deadline for the
//! reply. One request, then the connection is closed.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::encode_response;
use cp_token_protocol::message::{Request, Response};

use super::connection_limiter::Place;
use super::fast_path::{SessionStage, replying};
use super::system::{self, Connection, Stream};
use crate::audit::callers::CallerSnapshot;
use crate::base::commitment::Commitment;
use crate::failure;
use crate::service::Service;

/// Carries the conversation on in a task of its own, which holds its place for as long.
pub(super) fn spawn(connection: Connection, stage: SessionStage, service: Arc<Service>, mut place: Place) {
    let stage = match lasts(&stage) && !place.may_last() {
        true => replying(&Response::Failure(failure::too_many_requests()), None),
        false => stage,
    };
    let stopping = matches!(&stage, SessionStage::Asked(request, _) if matches!(**request, Request::Stop));
    let restarting =
        matches!(&stage, SessionStage::Asked(request, _) if matches!(**request, Request::Restart));
    // A caller who has gone, or who is too slow, ends the conversation and nothing else.
    let Ok(stream) = system::stream(connection) else { return };
    let attendance = restarting.then(|| service.restarts().add_connection(system::number(&stream)));
    tokio::spawn(async move {
        let told = conclude(&stream, stage, service).await;
        drop((place, attendance));
        if stopping && told.is_ok() {
            // The caller learns that the daemon is gone by the end of this connection, which the runtime drops
            // after the lock is given back.
            std::future::pending::<()>().await;
        }
    });
}

async fn conclude(stream: &Stream, stage: SessionStage, service: Arc<Service>) -> io::Result<()> {
    let reply = match stage {
        SessionStage::Replying(bytes, sent, _audit_entry) => {
            return write_reply(stream, &bytes[sent..]).await;
        }
        SessionStage::Waiting(pending) => with_signs_of_life(stream, service.finish(*pending)).await?,
        SessionStage::Asked(request, caller) => handled(stream, service, *request, caller).await?,
    };
    if let SessionStage::Replying(bytes, _, _) = replying(&reply, None) {
        write_reply(stream, &bytes).await?;
    }
    Ok(())
}

/// Handles the request in a task of its own. It ends with a caller who leaves, until it commits.
async fn handled(
    stream: &Stream,
    service: Arc<Service>,
    request: Request,
    caller: CallerSnapshot,
) -> io::Result<Response> {
    let commitment = Commitment::of(&request);
    let until = commitment.clone();
    let mut task = tokio::spawn(async move { service.handle(request, caller, &until).await });
    let answer = async { (&mut task).await.unwrap_or_else(|_| Response::Failure(failure::internal())) };
    let told = with_signs_of_life(stream, answer).await;
    // On this one thread the task cannot commit between the look and the abort.
    if told.is_err() && !commitment.is_made() {
        task.abort();
    }
    told
}

/// Whether the conversation may last for as long as a server likes. What shows how things stand, or ends something, is
/// never turned away.
fn lasts(stage: &SessionStage) -> bool {
    match stage {
        SessionStage::Replying(..) => false,
        SessionStage::Waiting(_) => true,
        SessionStage::Asked(request, _) => matches!(
            **request,
            Request::ProfileCreate(_) | Request::ProfileUpdate(_) | Request::ProfileResetSecret(_)
        ),
    }
}

/// Tells the caller at once, and then every second, that the answer is being made. A caller who leaves is noticed at
/// once.
async fn with_signs_of_life(stream: &Stream, answer: impl Future<Output = Response>) -> io::Result<Response> {
    let mut answer = std::pin::pin!(answer);
    let mut left = std::pin::pin!(system::left(stream));
    let working = encode_response(&Response::Working).unwrap_or_default();
    let mut pulse = tokio::time::interval(PULSE);
    loop {
        tokio::select! {
            biased;
            response = &mut answer => return Ok(response),
            () = &mut left => return Err(io::ErrorKind::BrokenPipe.into()),
            _ = pulse.tick() => write_reply(stream, &working).await?,
        }
    }
}

async fn write_reply(stream: &Stream, bytes: &[u8]) -> io::Result<()> {
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

/// For one reply.
const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// A caller takes three of these without a sign of life as the end.
const PULSE: Duration = Duration::from_secs(1);
