//! Owns the failures that any wing may report; those of one wing are in its own `failure.rs`. Every match on an error is
//! exhaustive, so that a new error must get a message and a code.

use std::time::Duration;

use cp_token_protocol::{AddressError, ErrorCode, Failure};

/// The daemon is stopping.
pub fn stopping() -> Failure {
    Failure::new(ErrorCode::STOPPING, "the daemon is stopping")
        .with_hint("ask again; it is started again when needed")
}

/// The daemon is being restarted; a caller who waits for the end of a pause asks the new process.
pub fn restarting() -> Failure {
    Failure::new(ErrorCode::STOPPING, "the daemon is being restarted")
        .with_hint("ask again")
        .with_retry_after(Duration::from_millis(250))
}

/// The limit of callers who wait is reached.
pub fn too_many_requests() -> Failure {
    Failure::new(ErrorCode::TOO_MANY_WAITING, "too many callers wait for the daemon")
        .with_hint("ask again later, and see `cp-token doctor` for why they wait")
        .with_retry_after(Duration::from_millis(500))
}

/// Whether a failure of the server or the network may be gone at a later request.
pub fn is_transient(code: ErrorCode) -> bool {
    let stays = [ErrorCode::REDIRECTED, ErrorCode::UNTRUSTED_SERVER];
    (400..500).contains(&code.0) && !stays.contains(&code)
}

/// The caller's timeout has passed.
pub fn timed_out() -> Failure {
    Failure::new(ErrorCode::TIMED_OUT, "no token was issued within the time allowed")
        .with_hint("ask again, or allow more with --timeout")
        .with_retry_after(Duration::from_secs(1))
}

/// A request that does not decode. Nothing of it is repeated.
pub fn malformed() -> Failure {
    Failure::new(ErrorCode::MALFORMED_REQUEST, "the request is malformed")
}

/// A reply that does not fit a frame.
pub fn reply_too_long() -> Failure {
    Failure::new(ErrorCode::INTERNAL, "the reply is too long for the protocol")
        .with_hint("please report it as a bug")
}

/// A bug.
pub fn internal() -> Failure {
    Failure::new(ErrorCode::INTERNAL, "the daemon failed at this request")
        .with_hint("please report it as a bug")
}

/// Whole seconds, rounded up.
pub fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// The daemon is locked.
pub fn locked() -> Failure {
    Failure::new(ErrorCode::LOCKED, "cp-tokend is locked").with_hint("run `cp-token unlock`")
}

/// An error that keeps the daemon from starting.
pub trait StartError: std::error::Error {
    /// Its code, and what to do about it.
    fn meaning(&self) -> (ErrorCode, &'static str);
}

/// Why the daemon cannot start, in words.
#[derive(Debug)]
pub struct StartFailure(pub Failure);

impl<E: StartError> From<E> for StartFailure {
    fn from(error: E) -> Self {
        Self(of_start(&error))
    }
}

/// What it means that the daemon cannot start.
pub fn of_start(error: &impl StartError) -> Failure {
    let (code, hint) = error.meaning();
    Failure::new(code, format!("the daemon cannot start: {error}")).with_hint(hint)
}

impl StartError for AddressError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::CONFIG_UNSAFE, "set it to an absolute path, or take it away")
    }
}

impl StartError for std::io::Error {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::DAEMON_UNAVAILABLE, "free some of the machine's processes, descriptors or memory")
    }
}
