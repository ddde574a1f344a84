//! Owns one exchange with the daemon: connect, check the peer, send a request, read the response.

mod answer;

#[cfg_attr(unix, path = "client/unix.rs")]
#[cfg_attr(windows, path = "client/windows.rs")]
mod system;

use std::io::{self, Read};
use std::time::Duration;

use cp_token_protocol::blocking::{self, FrameReader};
use cp_token_protocol::message::{Request, Response};
use cp_token_protocol::{ErrorCode, Failure, IpcAddress, PeerError, TokenView, encode_request};
use system::Stream;
use zeroize::Zeroize;

use crate::daemon::deadline::Deadline;

pub(crate) use answer::{content_of, is_retryable, no_end, unexpected};

/// The idle timeout. The daemon sends a sign of life every second, and drops clients that are silent for five seconds.
const IDLE_TIMEOUT: Duration = Duration::from_secs(7);

/// Room for the first piece of an answer; a longer token comes in several pieces and takes the owned way.
const FIRST_CHUNK: usize = 2048;

/// A daemon of our own user, ready for one request.
pub(crate) struct Connection<'d> {
    stream: Stream,
    deadline: &'d Deadline,
}

/// Connects to the daemon; `None` if none listens. Fails with [`ErrorCode::NOT_OUR_DAEMON`] if the directory or the peer
/// belongs to another user, before anything is sent; with [`ErrorCode::TIMED_OUT`] if the daemon does not accept.
pub(crate) fn connect<'d>(
    address: &IpcAddress,
    deadline: &'d Deadline,
) -> Result<Option<Connection<'d>>, Failure> {
    match system::require_own_directory(address) {
        Ok(()) => {}
        Err(PeerError::NoFolder) => return Ok(None),
        Err(problem) => return Err(unsafe_directory(address, problem)),
    }
    let timeout = IDLE_TIMEOUT.min(deadline.remaining_if_started()?);
    let stream = match system::connect(address.socket(), timeout) {
        Ok(stream) => stream,
        Err(error) => return connect_failure(address, &error),
    };
    system::require_our_daemon(&stream).map_err(|problem| foreign_socket(address, problem))?;
    Ok(Some(Connection { stream, deadline }))
}

impl Connection<'_> {
    /// The process that listens at the other end; for people and for ending it, never for trusting it.
    pub(crate) fn process(&self) -> Option<i32> {
        system::process(&self.stream)
    }

    /// Sends the request and returns the response; fails as the daemon says, or on what is wrong with the daemon.
    pub(crate) fn ask(mut self, request: &Request) -> Result<Response, Failure> {
        self.send(request)?;
        self.read_answer(&[])
    }

    /// Asks for a token and passes the response to `take` in place; it is wiped afterwards.
    pub(crate) fn ask_token<T>(
        mut self,
        request: &Request,
        take: impl FnOnce(&TokenView<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.send(request)?;
        let mut piece = [0; FIRST_CHUNK];
        let length = self.read_first_chunk(&mut piece)?;
        let outcome = match TokenView::of_frame(&piece[..length]) {
            Some(view) => take(&view),
            None => {
                let response = self.read_answer(&piece[..length]);
                response
                    .and_then(|it| content_of!(it, Token))
                    .and_then(|token| take(&TokenView::from(&token)))
            }
        };
        piece[..length].zeroize();
        outcome
    }

    /// Sends the request, and returns when the daemon has closed the connection. By then it holds nothing any more.
    pub(crate) fn ask_until_closed(mut self, request: &Request) -> Result<Vec<String>, Failure> {
        self.send(request)?;
        let mut reader = TimeoutReader { stream: &mut self.stream, deadline: self.deadline };
        let mut frames = FrameReader::default();
        let mut lines = Vec::new();
        loop {
            match frames.next_frame(&mut reader) {
                Ok(frame) => {
                    let response = answer::decode(frame)?;
                    if !matches!(response, Response::Working) {
                        lines = content_of!(response, Done)?;
                    }
                }
                Err(error) if answer::is_eof(&error) => return Ok(lines),
                Err(error) => return Err(answer::failed(&error, self.deadline)),
            }
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), Failure> {
        let frame = encode_request(request).map_err(|_| answer::request_too_long())?;
        match blocking::write_frame(&mut self.stream, &frame) {
            Err(error) if is_timeout(&error) => Err(answer::not_responding()),
            // A daemon that refuses immediately may have closed already; what it said is still there to be read.
            _ => Ok(()),
        }
    }

    fn read_first_chunk(&mut self, piece: &mut [u8]) -> Result<usize, Failure> {
        loop {
            match self.stream.read(piece) {
                Ok(length) => return Ok(length),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(answer::closed_before_reply(&error.into(), self.deadline)),
            }
        }
    }

    #[cold]
    fn read_answer(&mut self, ahead: &[u8]) -> Result<Response, Failure> {
        let mut bytes = ahead.chain(TimeoutReader { stream: &mut self.stream, deadline: self.deadline });
        let mut frames = FrameReader::default();
        let mut is_heard = !ahead.is_empty();
        loop {
            let failed = if is_heard { answer::failed } else { answer::closed_before_reply };
            let frame = frames.next_frame(&mut bytes).map_err(|error| failed(&error, self.deadline))?;
            is_heard = true;
            let response = answer::decode(frame)?;
            if !matches!(response, Response::Working) {
                return Ok(response);
            }
        }
    }
}

/// The stream, giving up after [`IDLE_TIMEOUT`] and at the deadline.
struct TimeoutReader<'c> {
    stream: &'c mut Stream,
    deadline: &'c Deadline,
}

impl Read for TimeoutReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.deadline.remaining().map_err(|_| io::ErrorKind::TimedOut)?;
            system::set_read_timeout(self.stream, left.min(IDLE_TIMEOUT))?;
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

#[cold]
fn connect_failure<'d>(address: &IpcAddress, error: &io::Error) -> Result<Option<Connection<'d>>, Failure> {
    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) {
        return Ok(None);
    }
    if is_timeout(error) {
        return Err(answer::not_responding());
    }
    let message = format!("the socket {} cannot be reached", address.socket().display());
    Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message)
        .with_hint("see that it and its folder are yours and writable"))
}

#[cold]
pub(super) fn unsafe_directory(address: &IpcAddress, problem: PeerError) -> Failure {
    let message = format!("{} is no safe place for the socket: {problem}", address.folder().display());
    Failure::new(ErrorCode::NOT_OUR_DAEMON, message).with_hint(
        "set XDG_RUNTIME_DIR or CP_TOKEN_SOCKET to a folder of your own (after sudo -E, unset them)",
    )
}

#[cold]
fn foreign_socket(address: &IpcAddress, problem: PeerError) -> Failure {
    let message = format!("{} is not our daemon's socket: {problem}", address.socket().display());
    Failure::new(ErrorCode::NOT_OUR_DAEMON, message)
        .with_hint("nothing was sent; find out who listens there before you go on")
}
