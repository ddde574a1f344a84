//! Owns the line that is typed without being shown, with the keys that take something of it back. Pure.

use cp_token_protocol::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    More,
    Complete,
    Eof,
}

pub(super) struct TypedLine {
    room: Secret,
    length: usize,
}

impl TypedLine {
    /// An empty line. Of one that is longer than `limit` bytes, one byte more is kept, and no other.
    pub(super) fn new(limit: usize) -> Self {
        Self { room: Secret::zeroed(limit + 1), length: 0 }
    }

    pub(super) fn take(&mut self, byte: u8) -> Typed {
        const END: u8 = 0x04;
        const BACKSPACE: u8 = 0x08;
        const KILL: u8 = 0x15;
        const DELETE: u8 = 0x7f;
        match byte {
            b'\r' | b'\n' => return Typed::Complete,
            END if self.length == 0 => return Typed::Eof,
            END => return Typed::Complete,
            BACKSPACE | DELETE => self.erase_character(),
            KILL => self.clear(),
            other => self.push(other),
        }
        Typed::More
    }

    pub(super) fn clear(&mut self) {
        self.room.bytes_mut().fill(0);
        self.length = 0;
    }

    pub(super) fn into_secret(self) -> Secret {
        Secret::copy_of(&self.room.expose()[..self.length])
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.room.bytes_mut().get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    /// A character of UTF-8 is one first byte and those that follow it.
    fn erase_character(&mut self) {
        while let Some(last) = self.length.checked_sub(1) {
            let byte = std::mem::take(&mut self.room.bytes_mut()[last]);
            self.length = last;
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> (Typed, Vec<u8>) {
        let mut line = TypedLine::new(8);
        let last = keys.iter().map(|&key| line.take(key)).last().unwrap_or(Typed::More);
        (last, line.into_secret().expose().to_vec())
    }

    #[test]
    fn keys_take_back_a_character_or_everything_and_end_the_line() {
        for (keys, last, line) in [
            (&b"ab\n"[..], Typed::Complete, &b"ab"[..]),
            (b"ab\r", Typed::Complete, b"ab"),
            (b"ab\x04", Typed::Complete, b"ab"),
            (b"\x04", Typed::Eof, b""),
            (b"ab\x7fc\n", Typed::Complete, b"ac"),
            (b"\x08\x7fa\n", Typed::Complete, b"a"),
            ("a\u{e4}\u{20ac}\x7f\x7fb\n".as_bytes(), Typed::Complete, b"ab"),
            (b"wrong\x15right\n", Typed::Complete, b"right"),
            (b"a b\t", Typed::More, b"a b\t"),
        ] {
            assert_eq!(typed(keys), (last, line.to_vec()), "{keys:?}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_seen_to_be_so() {
        assert_eq!(typed(b"123456789abc\n"), (Typed::Complete, b"123456789".to_vec()));
    }
}
