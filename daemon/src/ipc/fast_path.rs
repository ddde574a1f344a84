//! Owns a look at what a connection has to say: the request of a helper is nearly always there already, and
//! a token that is held is answered on the spot, before the connection costs a task or a registration.

use std::io::ErrorKind;

use cp_token_protocol::message::{Request, Response};
use cp_token_protocol::{
    FrameDecoder, FrameError, FrameKind, VersionRange, WireError, decode_request, encode_response,
    encode_version_range,
};
use zeroize::{Zeroize, Zeroizing};

use super::system::{self, Connection};
use crate::audit::AuditGuard;
use crate::audit::callers::CallerSnapshot;
use crate::failure;
use crate::service::{PendingToken, Reply, Service};

/// A conversation after its first look.
pub(super) enum FirstRead {
    /// Everything was said, or the caller has gone.
    Over,
    /// The request is not complete.
    Silent(FrameDecoder),
    /// The request is complete, and its answer is not.
    Unfinished(SessionStage),
}

/// Where a conversation stands whose request is complete.
pub(super) enum SessionStage {
    /// A request that takes its time, and who asks.
    Asked(Box<Request>, CallerSnapshot),
    /// The caller waits for a token request.
    Waiting(Box<PendingToken>),
    /// The reply is known; from this byte on it has still to be written.
    Replying(Zeroizing<Vec<u8>>, usize, Option<AuditGuard>),
}

/// Takes what the connection of this caller has to say so far, on top of what `decoder` has, and answers it if that
/// needs no waiting.
///
/// # Errors
/// Where the bytes are not this protocol; the caller gets no byte back.
pub(super) fn look(
    connection: &Connection,
    caller: CallerSnapshot,
    decoder: FrameDecoder,
    service: &Service,
) -> Result<FirstRead, FrameError> {
    // Not wiped as a whole: only what was received is, and a first look costs one page less.
    let mut piece = [0; PIECE];
    match system::receive_at_once(connection, &mut piece) {
        Ok(0) => Ok(FirstRead::Over),
        Ok(count) => {
            let look = advance(decoder, &piece[..count], caller, service);
            piece[..count].zeroize();
            Ok(reply_at_once(connection, look?))
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(FirstRead::Silent(decoder)),
        Err(_) => Ok(FirstRead::Over),
    }
}

fn advance(
    mut decoder: FrameDecoder,
    bytes: &[u8],
    caller: CallerSnapshot,
    service: &Service,
) -> Result<FirstRead, FrameError> {
    Ok(FirstRead::Unfinished(match decoder.push_only(bytes) {
        Ok(None) => return Ok(FirstRead::Silent(decoder)),
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

/// A response as a stage: its bytes, none of them written, and what is audit_entry once they are.
pub(super) fn replying(response: &Response, audit_entry: Option<AuditGuard>) -> SessionStage {
    let bytes = encode_response(response).or_else(|_| encode_response(&too_long()));
    SessionStage::Replying(bytes.unwrap_or_default(), 0, audit_entry)
}

fn answer(request: Request, caller: CallerSnapshot, service: &Service) -> SessionStage {
    let Request::AccessToken(request) = request else {
        return SessionStage::Asked(Box::new(request), caller);
    };
    match service.access_token(request, caller) {
        Reply::Now(response, audit_entry) => replying(&response, Some(audit_entry)),
        Reply::Later(pending) => SessionStage::Waiting(Box::new(pending)),
        Reply::Unknown(request) => SessionStage::Asked(Box::new(Request::AccessToken(request)), caller),
    }
}

fn reply_at_once(connection: &Connection, look: FirstRead) -> FirstRead {
    let FirstRead::Unfinished(SessionStage::Replying(bytes, _, audit_entry)) = look else { return look };
    match system::send_at_once(connection, &bytes) {
        Ok(sent) if sent == bytes.len() => FirstRead::Over,
        Ok(sent) => FirstRead::Unfinished(SessionStage::Replying(bytes, sent, audit_entry)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            FirstRead::Unfinished(SessionStage::Replying(bytes, 0, audit_entry))
        }
        Err(_) => FirstRead::Over,
    }
}

fn malformed() -> SessionStage {
    replying(&Response::Failure(failure::malformed()), None)
}

fn too_long() -> Response {
    Response::Failure(failure::reply_too_long())
}

const PIECE: usize = 2048;
