//! Owns a connection that is not answered immediately: keepalives until the reply is known, and a timeout for sending it.
//! After one request the connection is closed.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::encode_response;
use cp_token_protocol::message::{Request, Response};

use super::connection_limiter::Permit;
use super::fast_path::{SessionStage, encode};
use super::system::{self, Stream};
use crate::audit::callers::CallerSnapshot;
use crate::base::commit_point::Commitment;
use crate::failure;
use crate::service::Service;

/// Serves the connection in a task of its own, which holds the permit.
pub(super) fn spawn(stream: Stream, stage: SessionStage, service: Arc<Service>, mut permit: Permit) {
    let stage = match may_take_long(&stage) && !permit.try_extend() {
        true => SessionStage::Replying(encode(&Response::Failure(failure::too_many_requests())), 0, None),
        false => stage,
    };
    let request = if let SessionStage::Requested(request, _) = &stage { Some(&**request) } else { None };
    let is_stop = matches!(request, Some(Request::Stop));
    let is_restart = matches!(request, Some(Request::Restart));
    let restart_connection = is_restart.then(|| service.restarts().add_connection(system::number(&stream)));
    tokio::spawn(async move {
        // A caller who disconnects or is too slow ends its connection and nothing else.
        let written = conclude(&stream, stage, service).await;
        drop((permit, restart_connection));
        if is_stop && written.is_ok() {
            // The caller sees that the daemon has stopped when the runtime drops this connection, after the instance
            // lock is released.
            std::future::pending::<()>().await;
        }
    });
}

async fn conclude(stream: &Stream, stage: SessionStage, service: Arc<Service>) -> io::Result<()> {
    let reply = match stage {
        SessionStage::Replying(bytes, sent, _audit_entry) => {
            return write_reply(stream, &bytes[sent..]).await;
        }
        SessionStage::Waiting(pending) => with_keepalive(stream, service.finish(*pending)).await?,
        SessionStage::Requested(request, caller) => handled(stream, service, *request, caller).await?,
    };
    write_reply(stream, &encode(&reply)).await
}

/// Handles the request in a task of its own, which is cancelled when the caller disconnects, until it commits.
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
    let written = with_keepalive(stream, answer).await;
    // The runtime has one thread, so the task cannot commit between the check and the abort.
    if written.is_err() && !commitment.is_made() {
        task.abort();
    }
    written
}

/// Whether the request may take as long as a server likes. Requests for the status, or that end something, are never turned
/// away.
fn may_take_long(stage: &SessionStage) -> bool {
    match stage {
        SessionStage::Replying(..) => false,
        SessionStage::Waiting(_) => true,
        SessionStage::Requested(request, _) => matches!(
            **request,
            Request::AccessToken(_)
                | Request::ProfileCreate(_)
                | Request::ProfileUpdate(_)
                | Request::ProfileResetSecret(_)
        ),
    }
}

/// Sends a keepalive immediately and then every second until the reply is known. Fails as soon as the caller disconnects.
async fn with_keepalive(stream: &Stream, answer: impl Future<Output = Response>) -> io::Result<Response> {
    let mut answer = std::pin::pin!(answer);
    let mut disconnected = std::pin::pin!(system::disconnected(stream));
    let working = encode_response(&Response::Working).unwrap_or_default();
    let mut keepalive = tokio::time::interval(KEEPALIVE_INTERVAL);
    loop {
        tokio::select! {
            biased;
            response = &mut answer => return Ok(response),
            () = &mut disconnected => return Err(io::ErrorKind::BrokenPipe.into()),
            _ = keepalive.tick() => write_reply(stream, &working).await?,
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
    tokio::time::timeout(WRITE_TIMEOUT, write).await.map_err(io::Error::other)?
}

/// For sending one reply.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// A caller gives up after three intervals without a keepalive.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
