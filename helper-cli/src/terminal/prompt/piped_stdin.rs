//! Owns standard input if another program writes to it: read no further than is needed and than is allowed.

use std::io::Read;

use cp_token_protocol::{ErrorCode, Failure, Secret};

/// Reads standard input until its end or `is_complete`, as a secret: it may hold a token. [`ErrorCode::BAD_INPUT`] past `limit`.
pub(crate) fn read_piped(limit: usize, is_complete: impl Fn(&[u8]) -> bool) -> Result<Secret, Failure> {
    let input = super::hidden::unbuffered_stdin().map_err(|_| unreadable())?;
    read(input, limit, is_complete)
}

fn read(input: impl Read, limit: usize, is_complete: impl Fn(&[u8]) -> bool) -> Result<Secret, Failure> {
    let input = Secret::read_from(input, limit, is_complete).map_err(|_| unreadable())?;
    if input.expose().len() > limit {
        let message = format!("standard input is longer than {limit} bytes");
        return Err(Failure::new(ErrorCode::BAD_INPUT, message).with_hint("nothing was answered"));
    }
    Ok(input)
}

#[cold]
fn unreadable() -> Failure {
    Failure::new(ErrorCode::BAD_INPUT, "standard input cannot be read")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Gives out one piece at each call, and counts the bytes.
    struct Pieces<'p>(&'p [u8], usize, usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = (self.1 + self.2).min(self.0.len()).min(self.1 + buffer.len());
            let piece = &self.0[self.1..end];
            buffer[..piece.len()].copy_from_slice(piece);
            self.1 = end;
            Ok(piece.len())
        }
    }

    #[test]
    fn it_is_read_to_its_end_however_it_is_cut() {
        for size in 1..8 {
            let secret = read(Pieces(b"a=b\nc=d\n", 0, size), 100, |_| false).unwrap();
            assert!(secret.matches(b"a=b\nc=d\n"), "{size}");
        }
        assert!(read(io::empty(), 100, |_| false).unwrap().matches(b""));
    }

    #[test]
    fn it_is_not_waited_for_more_once_it_is_complete() {
        let mut pieces = Pieces(b"a\n\nrest", 0, 1);
        let secret = read(&mut pieces, 100, |input| input.ends_with(b"\n\n")).unwrap();
        assert!(secret.matches(b"a\n\n") && pieces.1 == 3);
    }

    #[test]
    fn h07_input_without_end_is_read_no_further_than_the_limit_and_refused() {
        assert_eq!(read(io::repeat(b'x'), 100, |_| false).unwrap_err().code, ErrorCode::BAD_INPUT);
        let mut pieces = Pieces(&[b'x'; 500], 0, 7);
        assert!(read(&mut pieces, 100, |_| false).is_err() && pieces.1 == 101);
        assert!(read(Pieces(&[b'x'; 100], 0, 7), 100, |_| false).is_ok());
    }
}
