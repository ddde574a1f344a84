//! Owns the reading of a secret from a file or a pipe into wiped memory, without a copy.

use std::io::{self, ErrorKind, Read};

use cp_token_protocol::Secret;

/// Space for a line end after the longest text, and for one byte that shows that the text is longer.
const MARGIN: usize = 3;

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

    /// Adds the result of one read. False at the end of the text. Fails with [`ErrorKind::FileTooLarge`] beyond the limit.
    pub fn read_from(&mut self, source: &mut impl Read) -> io::Result<bool> {
        let free = &mut self.buffer.bytes_mut()[self.length..];
        if free.is_empty() {
            return Err(ErrorKind::FileTooLarge.into());
        }
        match source.read(free) {
            Ok(count) => {
                self.length += count;
                Ok(count > 0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The text without its last line end. Other line ends stay, and so does everything else.
    pub fn finish(self) -> io::Result<Secret> {
        let text = without_line_end(&self.buffer.expose()[..self.length]);
        if text.len() > self.limit { Err(ErrorKind::FileTooLarge.into()) } else { Ok(Secret::copy_of(text)) }
    }
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let Some(line) = text.strip_suffix(b"\n") else { return text };
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(mut text: &[u8], limit: usize) -> io::Result<Vec<u8>> {
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
            let error = take(format!("123456{end}").as_bytes(), 5).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FileTooLarge, "{end:?}");
        }
    }

    #[test]
    fn a_text_without_end_is_refused_as_soon_as_it_is_too_long() {
        let mut reader = SecretReader::new(5);
        let mut endless = io::repeat(b'x');
        assert!(reader.read_from(&mut endless).unwrap());
        assert_eq!(reader.read_from(&mut endless).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }
}
