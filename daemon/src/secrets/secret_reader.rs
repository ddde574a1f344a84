//! Owns the reading of a secret's text from a file or a pipe into wiped memory, without a copy. It must not know where
//! the text comes from, nor what it means.

use std::io::{self, Read};

use cp_token_protocol::Secret;

/// Space for a line end after the longest text, and for one byte that shows that the text is longer.
const MARGIN: usize = 3;

/// Why a text could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretReadError {
    /// The text is longer than allowed.
    #[error("it is too long")]
    TooLong,
    /// The system could not read the text.
    #[error("it cannot be read")]
    Unreadable,
}

/// A text that is being read.
pub struct SecretReader {
    buffer: Secret,
    length: usize,
    limit: usize,
}

impl SecretReader {
    /// A reader of up to `limit` bytes and one line end.
    pub fn new(limit: usize) -> Self {
        Self { buffer: Secret::zeroed(limit + MARGIN), length: 0, limit }
    }

    /// Adds the result of one read. False at the end of the text.
    pub fn read_from(&mut self, source: &mut impl Read) -> Result<bool, SecretReadError> {
        let free = &mut self.buffer.bytes_mut()[self.length..];
        if free.is_empty() {
            return Err(SecretReadError::TooLong);
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
    pub fn finish(self) -> Result<Secret, SecretReadError> {
        let text = without_line_end(&self.buffer.expose()[..self.length]);
        if text.len() > self.limit { Err(SecretReadError::TooLong) } else { Ok(Secret::copy_of(text)) }
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
        let mut reader = SecretReader::new(limit);
        while reader.read_from(&mut text)? {}
        reader.finish().map(|secret| secret.expose().to_vec())
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
            assert_eq!(take(format!("123456{end}").as_bytes(), 5), Err(SecretReadError::TooLong), "{end:?}");
        }
    }

    #[test]
    fn a_text_without_end_is_refused_as_soon_as_it_is_too_long() {
        let mut reader = SecretReader::new(5);
        let mut endless = io::repeat(b'x');
        assert_eq!(reader.read_from(&mut endless), Ok(true));
        assert_eq!(reader.read_from(&mut endless), Err(SecretReadError::TooLong));
    }
}
