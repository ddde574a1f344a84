//! Owns the prompt for the lock's passphrase: hidden, and repeated for a new one; or read from standard input.

use cp_token_protocol::{ErrorCode, Failure, PASSPHRASE_LIMIT, Secret};

use super::{ask_hidden, read_stdin, without_line_end};

/// A new passphrase. [`ErrorCode::USAGE`] without a terminal, [`ErrorCode::BAD_INPUT`] or [`ErrorCode::SECRET_INVALID`].
pub(crate) fn new_passphrase(from_stdin: bool) -> Result<Secret, Failure> {
    let first = known_passphrase(from_stdin)?;
    if from_stdin || first.matches(asked("The same once more")?.expose()) {
        return Ok(first);
    }
    Err(Failure::new(ErrorCode::SECRET_INVALID, "the two passphrases differ")
        .with_hint("nothing was changed; try again"))
}

pub(crate) fn known_passphrase(from_stdin: bool) -> Result<Secret, Failure> {
    if from_stdin {
        let input = read_stdin(PASSPHRASE_LIMIT, "the passphrase")?;
        accept(without_line_end(input.expose()))
    } else {
        asked("Passphrase for cp-tokend")
    }
}

fn asked(question: &str) -> Result<Secret, Failure> {
    accept(ask_hidden(question, PASSPHRASE_LIMIT, "passphrase", "--passphrase-stdin")?.expose())
}

fn accept(bytes: &[u8]) -> Result<Secret, Failure> {
    if bytes.contains(&b'\n') {
        return Err(Failure::new(ErrorCode::BAD_INPUT, "standard input has more than one line")
            .with_hint("the passphrase is its first line, and nothing may follow"));
    }
    if (1..=PASSPHRASE_LIMIT).contains(&bytes.len()) {
        return Ok(Secret::copy_of(bytes));
    }
    Err(Failure::new(ErrorCode::SECRET_INVALID, "the passphrase is empty or longer than 4096 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_may_be_any_text_but_none() {
        for good in ["x", "correct horse battery staple", " ", "pässword\t"] {
            assert!(accept(good.as_bytes()).is_ok_and(|secret| secret.matches(good.as_bytes())), "{good}");
        }
        for bad in [&b""[..], &[b'x'; PASSPHRASE_LIMIT + 1]] {
            assert_eq!(accept(bad).err().map(|failure| failure.code), Some(ErrorCode::SECRET_INVALID));
        }
        let two_lines = accept(b"first\nsecond").err().map(|failure| failure.code);
        assert_eq!(two_lines, Some(ErrorCode::BAD_INPUT));
    }
}
