//! Owns what comes from a person or from standard input: secrets, rejected tokens and a yes. None of it is ever
//! shown or kept.

#[cfg(unix)]
#[path = "prompt/unix.rs"]
mod system;

use std::io::{self, IsTerminal, Read};

use cp_token_protocol::{AccessToken, ErrorCode, Failure, Secret, TOKEN_LIMIT};
use zeroize::Zeroizing;

use crate::output;

/// The longest secret, in bytes.
const SECRET_LIMIT: usize = 4096;

/// The longest end of a line, in bytes.
const LINE_END: usize = 2;

/// The secret: the first line of standard input, or asked for on the terminal without echo.
///
/// # Errors
/// [`ErrorCode::USAGE`] where there is no terminal to ask on; [`ErrorCode::BAD_INPUT`] or
/// [`ErrorCode::SECRET_INVALID`] where it is no secret.
pub(crate) fn secret(from_stdin: bool, question: &str) -> Result<Secret, Failure> {
    if from_stdin {
        let input = everything(SECRET_LIMIT, "the secret")?;
        accept(only_line(input.expose())?)
    } else {
        let text = rpassword::prompt_password(format!("{question} (not shown): ")).map(Zeroizing::new);
        accept(text.map_err(|error| not_asked(&error))?.as_bytes())
    }
}

/// The token on standard input, with or without an end of line.
///
/// # Errors
/// [`ErrorCode::BAD_INPUT`] where it is no token.
pub(crate) fn token_from_stdin() -> Result<AccessToken, Failure> {
    let input = everything(TOKEN_LIMIT, "the token")?;
    AccessToken::copy_of(without_line_end(input.expose())).map_err(|problem| {
        Failure::new(ErrorCode::BAD_INPUT, format!("standard input holds no token: {problem}"))
            .with_hint("pipe exactly the token that was refused into --rejected")
    })
}

/// Whether a person agrees; without a terminal to ask on, nobody is asked.
pub(crate) fn agrees(question: &str) -> bool {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return true;
    }
    output::complain(&format!("{question} [y/N] "));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// All of standard input, where it is at most `limit` bytes and an end of line.
fn everything(limit: usize, what: &str) -> Result<Secret, Failure> {
    let mut room = Secret::zeroed(limit + LINE_END + 1);
    let length = system::unbuffered_stdin()
        .and_then(|input| fill(input, room.bytes_mut()))
        .map_err(|_| Failure::new(ErrorCode::BAD_INPUT, "standard input cannot be read"))?;
    if length > limit + LINE_END {
        let message = format!("standard input is longer than {what} may be, {limit} bytes");
        return Err(
            Failure::new(ErrorCode::BAD_INPUT, message).with_hint("it holds one line and nothing else")
        );
    }
    Ok(Secret::copy_of(&room.expose()[..length]))
}

/// Reads until the end or until there is no more room.
fn fill(mut input: impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match input.read(&mut room[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn only_line(input: &[u8]) -> Result<&[u8], Failure> {
    let line = without_line_end(input);
    if line.contains(&b'\n') {
        return Err(Failure::new(ErrorCode::BAD_INPUT, "standard input has more than one line")
            .with_hint("the secret is its first line, and nothing may follow"));
    }
    Ok(line)
}

fn without_line_end(input: &[u8]) -> &[u8] {
    let line = input.strip_suffix(b"\n");
    line.map_or(input, |line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn accept(bytes: &[u8]) -> Result<Secret, Failure> {
    let problem = if bytes.is_empty() {
        "is empty"
    } else if bytes.len() > SECRET_LIMIT {
        "is longer than 4096 bytes"
    } else if bytes.iter().any(u8::is_ascii_control) {
        "has control characters"
    } else {
        return Ok(Secret::copy_of(bytes));
    };
    Err(Failure::new(ErrorCode::SECRET_INVALID, format!("the secret {problem}"))
        .with_hint("copy it from the console again, without what is around it"))
}

fn not_asked(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Failure::new(ErrorCode::USAGE, "no secret was given");
    }
    Failure::new(ErrorCode::USAGE, "there is no terminal to ask for the secret on")
        .with_hint("give it on standard input, with --secret-stdin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_taken_off_and_no_more() {
        for (input, line) in [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\r", "a\r"), ("\n", ""), ("", "")]
        {
            assert_eq!(without_line_end(input.as_bytes()), line.as_bytes(), "{input:?}");
        }
        assert!(only_line(b"secret\nmore").is_err());
        assert!(only_line(b"secret\n\n").is_err());
    }

    #[test]
    fn a_secret_is_visible_text_of_bounded_length() {
        for good in ["x", "p w", "pässword", "\"'$`\\"] {
            assert!(accept(good.as_bytes()).is_ok_and(|secret| secret.matches(good.as_bytes())), "{good}");
        }
        assert!(accept(&[b'x'; SECRET_LIMIT]).is_ok());
        let codes = [&b""[..], b"a\tb", b"a\0", b"\x1b[0m", b"a\rb", &[b'x'; SECRET_LIMIT + 1]]
            .map(|bad| accept(bad).err().map(|failure| failure.code));
        assert_eq!(codes, [Some(ErrorCode::SECRET_INVALID); 6]);
    }

    #[test]
    fn reading_stops_when_the_room_is_full() {
        let mut room = [0; 16];
        assert_eq!(fill(io::repeat(b'x'), &mut room).ok(), Some(16));
        assert_eq!(fill(&b"abc"[..], &mut room).ok(), Some(3));
    }
}
