//! Owns the way of a secret's text from a file or a pipe into wiped memory, without a copy on the way. It must
//! not know where the text comes from, nor what it means.

use std::io::{self, Read};

use cp_token_protocol::Secret;

/// Room for a line end behind the longest text, and for one byte that tells a longer one.
const MARGIN: usize = 3;

/// Why a text was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretReadError {
    /// It is longer than allowed.
    #[error("it is too long")]
    TooMuch,
    /// The system could not read it.
    #[error("it cannot be read")]
    Unreadable,
}

/// A text on its way in.
pub struct SecretReader {
    room: Secret,
    length: usize,
    limit: usize,
}

impl SecretReader {
    /// Takes in a text of up to `limit` bytes and one line end.
    pub fn new(limit: usize) -> Self {
        Self { room: Secret::zeroed(limit + MARGIN), length: 0, limit }
    }

    /// Takes in what one read gives. False at the end.
    ///
    /// # Errors
    /// [`SecretReadError`].
    pub fn read_from(&mut self, source: &mut impl Read) -> Result<bool, SecretReadError> {
        let free = &mut self.room.bytes_mut()[self.length..];
        if free.is_empty() {
            return Err(SecretReadError::TooMuch);
        }
        match source.read(free) {
            Ok(count) => {
                self.length += count;
                Ok(count > 0)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(_) => Err(SecretReadError::Unreadable),
        }
    }

    /// The text without its last line end. Other line ends stay, and so does everything else.
    ///
    /// # Errors
    /// [`SecretReadError::TooMuch`].
    pub fn finish(self) -> Result<Secret, SecretReadError> {
        let text = without_line_end(&self.room.expose()[..self.length]);
        if text.len() > self.limit { Err(SecretReadError::TooMuch) } else { Ok(Secret::copy_of(text)) }
    }
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let Some(line) = text.strip_suffix(b"\n") else { return text };
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(mut text: &[u8], limit: usize) -> Result<Vec<u8>, SecretReadError> {
        let mut intake = SecretReader::new(limit);
        while intake.read_from(&mut text)? {}
        intake.finish().map(|secret| secret.expose().to_vec())
    }

    #[test]
    fn one_line_end_is_taken_off_and_nothing_else() {
        for (text, expected) in [
            ("", ""),
            ("\n", ""),
            ("a", "a"),
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("a\r", "a\r"),
            ("a\nb\r\n", "a\nb"),
            (" a \n", " a "),
        ] {
            assert_eq!(take(text.as_bytes(), 9).unwrap(), expected.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn i06_a_text_is_whole_up_to_the_limit_and_refused_beyond_it() {
        for end in ["", "\n", "\r\n"] {
            assert_eq!(take(format!("12345{end}").as_bytes(), 5).unwrap(), b"12345", "{end:?}");
            assert_eq!(take(format!("123456{end}").as_bytes(), 5), Err(SecretReadError::TooMuch), "{end:?}");
        }
    }

    #[test]
    fn a_text_without_end_is_refused_as_soon_as_it_is_too_long() {
        let mut intake = SecretReader::new(5);
        let mut endless = io::repeat(b'x');
        assert_eq!(intake.read_from(&mut endless), Ok(true));
        assert_eq!(intake.read_from(&mut endless), Err(SecretReadError::TooMuch));
    }
}
