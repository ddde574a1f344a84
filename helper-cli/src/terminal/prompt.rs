//! Owns input from a person or from standard input: secrets, rejected tokens, confirmations.

mod code;
#[cfg_attr(windows, path = "prompt/windows.rs")]
mod hidden;
mod passphrase;
mod piped_stdin;

pub(crate) use code::one_time_code;
pub(crate) use passphrase::{known_passphrase, new_passphrase};
pub(crate) use piped_stdin::read_piped;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::ops::RangeInclusive;

use cp_token_protocol::{AccessToken, ErrorCode, Failure, SECRET_LIMIT, Secret, TOKEN_LIMIT};

use crate::terminal::output;

const LINE_END: usize = 2;

/// The lines of standard input, in an allowed number. [`ErrorCode::BAD_INPUT`] or [`ErrorCode::SECRET_INVALID`].
pub(crate) fn lines(allowed: RangeInclusive<usize>) -> Result<Vec<Secret>, Failure> {
    let input = read_stdin(SECRET_LIMIT * allowed.end(), "what is to be kept")?;
    split(input.expose(), allowed)?.into_iter().map(accept).collect()
}

/// The answer typed without echo. [`ErrorCode::USAGE`] without a terminal, or [`ErrorCode::SECRET_INVALID`].
pub(crate) fn ask(question: &str) -> Result<Secret, Failure> {
    accept(ask_hidden(question, SECRET_LIMIT, "secret", "--secret-stdin")?.expose())
}

/// The token on standard input, with or without a line end; [`ErrorCode::BAD_INPUT`] if it is none.
pub(crate) fn token_from_stdin() -> Result<AccessToken, Failure> {
    let input = read_stdin(TOKEN_LIMIT, "the token")?;
    AccessToken::copy_of(without_line_end(input.expose())).map_err(|problem| {
        Failure::new(ErrorCode::BAD_INPUT, format!("standard input holds no token: {problem}"))
            .with_hint("pipe exactly the token that was refused into --rejected")
    })
}

/// Whether a person can be asked on the terminal, wherever the standard streams lead.
pub(crate) fn has_terminal() -> bool {
    let terminal = if cfg!(windows) { "CONIN$" } else { "/dev/tty" };
    File::options().read(true).write(true).open(terminal).is_ok()
}

pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Fails with [`ErrorCode::USAGE`] unless a person confirms. `not_done` says what was not done, `what` what `--yes` does.
pub(crate) fn require_confirmation(question: &str, not_done: &str, what: &str) -> Result<(), Failure> {
    if !can_ask() {
        let message = format!("there is no terminal to ask on, and {not_done}");
        let hint = format!("run this again with --yes to {what}");
        return Err(Failure::new(ErrorCode::USAGE, message).with_hint(hint));
    }
    if confirm(question) { Ok(()) } else { Err(Failure::new(ErrorCode::USAGE, not_done)) }
}

pub(crate) fn confirm(question: &str) -> bool {
    output::print_error(&format!("{question} [y/N] "));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// What a person chooses of `offers`, or types instead; nothing without a terminal to ask on.
pub(crate) fn choose(question: &str, offers: &[&str]) -> Option<String> {
    if !can_ask() {
        return None;
    }
    let list: String =
        offers.iter().enumerate().map(|(index, offer)| format!("  {}  {offer}\n", index + 1)).collect();
    output::print_error(&format!("{question}\n{list}A number, or another one: "));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    chosen(answer.trim(), offers)
}

fn chosen(answer: &str, offers: &[&str]) -> Option<String> {
    let chosen = match answer.parse::<usize>() {
        Ok(number) => *offers.get(number.checked_sub(1)?)?,
        Err(_) => answer,
    };
    Some(chosen.to_owned()).filter(|answer| !answer.is_empty())
}

/// All of standard input, if it is at most `limit` bytes and an end of line.
fn read_stdin(limit: usize, what: &str) -> Result<Secret, Failure> {
    let input = hidden::unbuffered_stdin()
        .and_then(|input| Secret::read_from(input, limit + LINE_END, |_| false))
        .map_err(|_| Failure::new(ErrorCode::BAD_INPUT, "standard input cannot be read"))?;
    if input.expose().len() > limit + LINE_END {
        let message = format!("standard input is longer than {what} may be, {limit} bytes");
        return Err(
            Failure::new(ErrorCode::BAD_INPUT, message).with_hint("it holds one line and nothing else")
        );
    }
    Ok(input)
}

fn split(input: &[u8], allowed: RangeInclusive<usize>) -> Result<Vec<&[u8]>, Failure> {
    let mut lines: Vec<_> = input.split_inclusive(|&byte| byte == b'\n').map(without_line_end).collect();
    if lines.is_empty() {
        lines.push(input);
    }
    // Empty lines at the end are ignored.
    while lines.len() > *allowed.end() && lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    if allowed.contains(&lines.len()) {
        return Ok(lines);
    }
    let message = match allowed.end() {
        1 => "standard input has more than one line".to_owned(),
        most => {
            let lines = if lines.len() == 1 { "1 line".to_owned() } else { format!("{} lines", lines.len()) };
            format!("standard input has {lines} where {most} are needed")
        }
    };
    Err(Failure::new(ErrorCode::BAD_INPUT, message).with_hint(
        "the secret is its first line, then come the seed and the proxy's password where they are needed",
    ))
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
    Err(Failure::new(ErrorCode::SECRET_INVALID, format!("the secret {problem}")).with_hint(match bytes {
        [] => "give it on standard input with --secret-stdin, or where it is asked for",
        _ => "copy it from the console again, without what is around it",
    }))
}

/// What is typed without echo; `what` and `option` are for the failure without an answer.
fn ask_hidden(question: &str, limit: usize, what: &str, option: &str) -> Result<Secret, Failure> {
    let answer = hidden::read_hidden(&format!("{question} (not shown): "), limit);
    answer.map_err(|error| match error.kind() == io::ErrorKind::UnexpectedEof {
        true => Failure::new(ErrorCode::USAGE, format!("no {what} was given")),
        false => Failure::new(ErrorCode::USAGE, format!("there is no terminal to ask for the {what} on"))
            .with_hint(format!("give it on standard input, with {option}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_chooses_and_anything_else_is_taken_as_it_is() {
        let offers = ["a", "b"];
        let table =
            [("1", Some("a")), ("2", Some("b")), ("3", None), ("0", None), ("", None), ("c", Some("c"))];
        for (answer, expected) in table {
            assert_eq!(chosen(answer, &offers).as_deref(), expected, "{answer}");
        }
    }

    #[test]
    fn one_line_end_is_taken_off_and_no_more() {
        for (input, line) in [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\r", "a\r"), ("\n", ""), ("", "")]
        {
            assert_eq!(without_line_end(input.as_bytes()), line.as_bytes(), "{input:?}");
        }
        assert!(split(b"secret\nmore", 1..=1).is_err());
        assert_eq!(split(b"secret\n\n\r\n", 1..=1).unwrap(), [b"secret"]);
        assert!(split(b"\nsecret\n", 1..=1).is_err());
        let message_of = |input: &[u8]| split(input, 3..=3).unwrap_err().message;
        assert_eq!(message_of(b"secret\n"), "standard input has 1 line where 3 are needed");
        assert_eq!(message_of(b"secret\nseed"), "standard input has 2 lines where 3 are needed");
        assert_eq!(split(b"a\r\nb\r\n", 1..=2).unwrap(), [b"a", b"b"]);
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
}
