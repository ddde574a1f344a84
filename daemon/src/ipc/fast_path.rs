//! Owns the fast path of a connection: its request has nearly always arrived already, and a held token is sent immediately,
//! before the connection costs a task or a registration with the runtime.

use std::io::{self, ErrorKind};

use cp_token_protocol::message::{Request, Response};
use cp_token_protocol::{
    FrameDecoder, FrameError, FrameKind, VersionRange, WireError, decode_request, encode_response,
    encode_version_range,
};
use zeroize::{Zeroize, Zeroizing};

use crate::audit::AuditGuard;
use crate::audit::callers::CallerSnapshot;
use crate::failure;
use crate::service::{PendingToken, Reply, Service};

/// What can be read from a connection and written to it without waiting.
pub(super) trait Transport {
    /// Reads what has arrived; 0 bytes at the end.
    fn try_receive(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Sends as much as possible.
    fn try_send(&self, bytes: &[u8]) -> io::Result<usize>;
}

/// A connection after a read.
pub(super) enum FirstRead {
    /// The reply was sent, or the caller has disconnected.
    Closed,
    /// The request is not complete.
    Incomplete(FrameDecoder),
    /// The request is complete, and its reply is not sent.
    Ready(SessionStage),
}

/// The state of a connection whose request is complete.
pub(super) enum SessionStage {
    /// A request that may take long, and its caller.
    Requested(Box<Request>, CallerSnapshot),
    /// The caller waits for a token request.
    Waiting(Box<PendingToken>),
    /// The reply, how much of it is sent, and the log entry to write after it.
    Replying(Zeroizing<Vec<u8>>, usize, Option<AuditGuard>),
}

/// Reads what has arrived, after what `decoder` has, and replies if that needs no waiting.
/// Fails if the bytes are not this protocol; the caller gets no byte back.
pub(super) fn read_request(
    connection: &impl Transport,
    caller: CallerSnapshot,
    decoder: FrameDecoder,
    service: &Service,
) -> Result<FirstRead, FrameError> {
    // Only the received bytes are wiped, which touches one page less.
    let mut buffer = [0; READ_SIZE];
    match connection.try_receive(&mut buffer) {
        Ok(0) => Ok(FirstRead::Closed),
        Ok(count) => {
            let read = advance(decoder, &buffer[..count], caller, service);
            buffer[..count].zeroize();
            Ok(try_reply(connection, read?))
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(FirstRead::Incomplete(decoder)),
        Err(_) => Ok(FirstRead::Closed),
    }
}

fn advance(
    mut decoder: FrameDecoder,
    bytes: &[u8],
    caller: CallerSnapshot,
    service: &Service,
) -> Result<FirstRead, FrameError> {
    Ok(FirstRead::Ready(match decoder.push_only(bytes) {
        Ok(None) => return Ok(FirstRead::Incomplete(decoder)),
        Ok(Some(frame)) if frame.kind != FrameKind::Message => malformed(),
        Ok(Some(frame)) => match decode_request(&frame.body) {
            Ok(request) => answer(request, caller, service),
            Err(WireError::Malformed | WireError::Trailing | WireError::TooLong) => malformed(),
        },
        Err(FrameError::Version(_)) => SessionStage::Replying(
            Zeroizing::new(encode_version_range(VersionRange::SPOKEN).to_vec()),
            0,
            None,
        ),
        Err(FrameError::Length(_) | FrameError::Trailing) => malformed(),
        Err(error @ FrameError::UnknownProtocol) => return Err(error),
    }))
}

/// The bytes of a response.
pub(super) fn encode(response: &Response) -> Zeroizing<Vec<u8>> {
    let too_long = |_| encode_response(&Response::Failure(failure::reply_too_long()));
    encode_response(response).or_else(too_long).unwrap_or_default()
}

fn answer(request: Request, caller: CallerSnapshot, service: &Service) -> SessionStage {
    let Request::AccessToken(request) = request else {
        return SessionStage::Requested(Box::new(request), caller);
    };
    match service.access_token(request, caller) {
        Reply::Now(response, audit_entry) => SessionStage::Replying(encode(&response), 0, Some(audit_entry)),
        Reply::Later(pending) => SessionStage::Waiting(Box::new(pending)),
        Reply::NeedsReload(request) => {
            SessionStage::Requested(Box::new(Request::AccessToken(request)), caller)
        }
    }
}

fn try_reply(connection: &impl Transport, read: FirstRead) -> FirstRead {
    let FirstRead::Ready(SessionStage::Replying(bytes, _, audit_entry)) = read else { return read };
    match connection.try_send(&bytes) {
        Ok(sent) if sent == bytes.len() => FirstRead::Closed,
        Ok(sent) => FirstRead::Ready(SessionStage::Replying(bytes, sent, audit_entry)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            FirstRead::Ready(SessionStage::Replying(bytes, 0, audit_entry))
        }
        Err(_) => FirstRead::Closed,
    }
}

fn malformed() -> SessionStage {
    SessionStage::Replying(encode(&Response::Failure(failure::malformed())), 0, None)
}

const READ_SIZE: usize = 2048;
