//! Owns the decoding of the daemon's response, and the words for failures of the connection.

use std::io;
use std::time::Duration;

use cp_token_protocol::blocking::ReadError;
use cp_token_protocol::message::Response;
use cp_token_protocol::{
    ErrorCode, Failure, Frame, FrameError, FrameKind, PROTOCOL_VERSION, VersionRange, decode_response,
};

use crate::daemon::deadline::Deadline;

/// The response in a frame. Fails with [`ErrorCode::UNSUPPORTED_VERSION`] if the frame lists other protocol versions,
/// with [`ErrorCode::NOT_OUR_DAEMON`] if it is no response, and with the daemon's own failure.
pub(super) fn decode(frame: Frame) -> Result<Response, Failure> {
    match frame.kind {
        FrameKind::Message => match decode_response(&frame.body) {
            Ok(Response::Failure(failure)) => Err(failure),
            Ok(response) => Ok(response),
            Err(_) => Err(not_our_daemon("its answer does not decode")),
        },
        FrameKind::VersionRange => match VersionRange::parse(&frame.body) {
            Some(range) => Err(versions_differ(range.lowest > PROTOCOL_VERSION)),
            None => Err(not_our_daemon("its list of versions does not decode")),
        },
    }
}

/// The failure for an error while reading.
pub(super) fn failed(error: &ReadError, deadline: &Deadline) -> Failure {
    match error {
        ReadError::Io(error) if super::is_timeout(error) => match deadline.remaining() {
            Ok(_) => not_responding(),
            Err(passed) => passed,
        },
        ReadError::Io(_) | ReadError::Ended => connection_closed(),
        ReadError::Frame(FrameError::Version(version)) => versions_differ(*version > PROTOCOL_VERSION),
        ReadError::Frame(FrameError::UnknownProtocol) => not_our_daemon("its answer is of another protocol"),
        ReadError::Frame(FrameError::Length(length)) => {
            not_our_daemon(&format!("its answer announces {length} bytes"))
        }
        ReadError::Frame(FrameError::Trailing) => not_our_daemon("bytes follow its answer"),
    }
}

/// As [`failed`], before an answer: the daemon stops or hands over without reading the request, which may be sent again.
pub(super) fn closed_before_reply(error: &ReadError, deadline: &Deadline) -> Failure {
    match error {
        ReadError::Ended => connection_closed().with_retry_after(Duration::ZERO),
        ReadError::Io(error) if !super::is_timeout(error) => {
            connection_closed().with_retry_after(Duration::ZERO)
        }
        ReadError::Io(_) | ReadError::Frame(_) => failed(error, deadline),
    }
}

/// Whether the connection ended before the daemon said a word.
pub(crate) fn is_retryable(failure: &Failure) -> bool {
    failure.code == ErrorCode::STOPPING && failure.retry_after_ms == Some(0)
}

/// Whether the daemon has gone in order or not: in either case it holds nothing any more.
pub(super) fn is_eof(error: &ReadError) -> bool {
    match error {
        ReadError::Ended => true,
        ReadError::Io(error) => {
            matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
        }
        ReadError::Frame(_) => false,
    }
}

/// The daemon does not accept or answer.
#[cold]
pub(super) fn not_responding() -> Failure {
    Failure::new(ErrorCode::TIMED_OUT, "the daemon does not answer")
        .with_hint("try again; if it goes on, a program of yours may hold too many connections to it, or the process cp-tokend may be stopped")
}

/// The connection ended before the answer.
#[cold]
pub(super) fn connection_closed() -> Failure {
    Failure::new(ErrorCode::STOPPING, "the daemon closed the connection before it answered")
        .with_hint("try again")
}

#[cold]
pub(super) fn request_too_long() -> Failure {
    Failure::new(ErrorCode::USAGE, "the arguments are too long for one request")
}

#[cold]
pub(crate) fn no_end() -> Failure {
    not_our_daemon("its pages come to no end")
}

/// The content of the response if it is of the expected kind.
macro_rules! content_of {
    ($response:expr, $kind:ident) => {
        match $response {
            cp_token_protocol::message::Response::$kind(content) => Ok(content),
            #[allow(clippy::wildcard_enum_match_arm, reason = "every other kind is a failure")]
            other => Err(crate::daemon::client::unexpected(&other)),
        }
    };
}
pub(crate) use content_of;

/// A response of another kind than was asked for.
#[cold]
pub(crate) fn unexpected(response: &Response) -> Failure {
    let kind = match response {
        Response::Working => "work without end",
        Response::Token(_) => "a token",
        Response::Status(_) => "a status",
        Response::Profiles(_) => "profiles",
        Response::Profile(_) => "a profile",
        Response::Done(_) => "that it is done",
        Response::Failure(_) => "a failure",
        Response::Log(_) => "a log",
        Response::Findings(_) => "findings",
    };
    not_our_daemon(&format!("it answers with {kind}, which was not asked for"))
}

fn not_our_daemon(reason: &str) -> Failure {
    Failure::new(ErrorCode::NOT_OUR_DAEMON, format!("what listens there is not our daemon: {reason}"))
        .with_hint("see what listens at the socket that `cp-token --help` names under Files")
}

fn versions_differ(daemon_is_newer: bool) -> Failure {
    if daemon_is_newer {
        Failure::new(ErrorCode::UNSUPPORTED_VERSION, "this cp-token is older than the running daemon")
            .with_hint("use the cp-token that was installed with it, or run: cp-token daemon restart")
    } else {
        Failure::new(ErrorCode::UNSUPPORTED_VERSION, "the running daemon is older than this cp-token")
            .with_hint("run: cp-token daemon restart")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b21_both_directions_of_version_skew_say_which_side_is_older() {
        let deadline = Deadline::new(Duration::from_secs(1));
        let newer = failed(&ReadError::Frame(FrameError::Version(PROTOCOL_VERSION + 1)), &deadline);
        assert!(newer.message.starts_with("this cp-token is older"));
        let older = failed(&ReadError::Frame(FrameError::Version(0)), &deadline);
        assert!(older.message.starts_with("the running daemon is older"));
        assert!(older.hint.contains("cp-token daemon restart"));
        assert_eq!(
            (newer.code, older.code),
            (ErrorCode::UNSUPPORTED_VERSION, ErrorCode::UNSUPPORTED_VERSION)
        );
    }

    #[test]
    fn only_an_end_without_a_word_is_worth_the_same_question_again() {
        let deadline = Deadline::new(Duration::from_secs(60));
        let reset = || ReadError::Io(io::ErrorKind::ConnectionReset.into());
        assert!(is_retryable(&closed_before_reply(&ReadError::Ended, &deadline)));
        assert!(is_retryable(&closed_before_reply(&reset(), &deadline)));
        for other in [failed(&reset(), &deadline), closed_before_reply(&io_silence(), &deadline)] {
            assert!(!is_retryable(&other));
        }
        let garbage = closed_before_reply(&ReadError::Frame(FrameError::UnknownProtocol), &deadline);
        assert_eq!(garbage.code, ErrorCode::NOT_OUR_DAEMON);
    }

    fn io_silence() -> ReadError {
        ReadError::Io(io::ErrorKind::WouldBlock.into())
    }

    #[test]
    fn silence_and_a_passed_deadline_are_two_different_sentences() {
        let error = ReadError::Io(io::ErrorKind::WouldBlock.into());
        assert_eq!(
            failed(&error, &Deadline::new(Duration::from_secs(60))).message,
            "the daemon does not answer"
        );
        assert!(failed(&error, &Deadline::new(Duration::ZERO)).message.contains("within"));
    }

    #[test]
    fn an_end_is_an_end_and_garbage_is_not() {
        assert!(is_eof(&ReadError::Ended));
        assert!(is_eof(&ReadError::Io(io::ErrorKind::ConnectionReset.into())));
        assert!(!is_eof(&ReadError::Frame(FrameError::UnknownProtocol)));
        assert!(!is_eof(&ReadError::Io(io::ErrorKind::WouldBlock.into())));
    }
}
