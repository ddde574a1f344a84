//! Owns the forms in which a value is looked for: as it is, backwards, in hexadecimal digits, and in base64 whatever
//! stands before or behind it; small and capital letters alike. Pure.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The bytes of one needle: few enough to find half a secret, enough to be no chance.
const WIDTH: usize = 12;
/// Base64 turns 9 bytes into `WIDTH`; up to two more are lost to what stands before.
const ENCODED: usize = WIDTH / 4 * 3;
/// The shortest value that is looked for.
pub(super) const SHORTEST_VALUE: usize = 24;
/// The distance of needles within a short value, so that each half of it has one, and within a long one.
const STEP: usize = 6;
const LONG_STEP: usize = 48;
/// The vendor's tokens begin with a header that all have in common.
const COMMON_START: usize = 96;

/// Pieces of values, all of one width and in small letters, so that one pass over a text finds any of them.
#[derive(Debug)]
pub(super) struct Needles {
    all: HashSet<[u8; WIDTH]>,
    /// For each two bytes, whether one begins with them: few places of a text do.
    starts: Vec<bool>,
}

impl Needles {
    /// The needles of these values. A value too short to be unique has none.
    pub(super) fn of<'v>(values: impl Iterator<Item = &'v [u8]>) -> Self {
        let mut needles = Self { all: HashSet::new(), starts: vec![false; 1 << 16] };
        for value in values.filter(|value| value.len() >= SHORTEST_VALUE) {
            for start in starts(value.len()) {
                needles.add(&value[start..]);
            }
        }
        needles
    }

    /// Whether one of them is in `text`.
    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        let text = text.to_ascii_lowercase();
        text.windows(WIDTH).any(|window| self.starts[place(window)] && self.all.contains(window))
    }

    /// `id:secret`, or anything else before the value, moves it within base64's groups of three bytes: one of
    /// three cuts is always whole.
    fn add(&mut self, piece: &[u8]) {
        let plain = &piece[..WIDTH];
        self.add_exact(plain);
        self.add_exact(&plain.iter().rev().copied().collect::<Vec<_>>());
        let digits: String = piece[..WIDTH / 2].iter().map(|byte| format!("{byte:02x}")).collect();
        self.add_exact(digits.as_bytes());
        for cut in (0..3).filter_map(|skipped| piece.get(skipped..skipped + ENCODED)) {
            self.add_exact(STANDARD_NO_PAD.encode(cut).as_bytes());
            self.add_exact(URL_SAFE_NO_PAD.encode(cut).as_bytes());
        }
    }

    fn add_exact(&mut self, needle: &[u8]) {
        let needle: [u8; WIDTH] =
            needle.to_ascii_lowercase().try_into().expect("every needle has the one width");
        self.starts[place(&needle)] = true;
        self.all.insert(needle);
    }
}

fn place(text: &[u8]) -> usize {
    usize::from(text[0]) << 8 | usize::from(text[1])
}

/// Where needles are taken from a value of this length: its start, its end, and regularly between them.
fn starts(length: usize) -> impl Iterator<Item = usize> {
    let last = length - WIDTH;
    let (first, step) = if last > COMMON_START { (COMMON_START, LONG_STEP) } else { (0, STEP) };
    (first..last).step_by(step).chain([last])
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const SECRET: &str = "DWL-mPQ~7c?cKXtmFnpIryu1Zl";

    fn found(text: impl AsRef<[u8]>) -> bool {
        let value: &[u8] = SECRET.as_bytes();
        Needles::of([value].into_iter()).are_in(text.as_ref())
    }

    #[test]
    fn a_value_is_found_plain_and_in_every_base64() {
        assert!(found(SECRET) && found(format!("GET /?secret={SECRET} HTTP/1.1")));
        for id in ["", "k", "ke", "key", "key-1234"] {
            let pair = format!("{id}:{SECRET}");
            for text in [SECRET, &pair] {
                assert!(found(STANDARD.encode(text)) && found(STANDARD_NO_PAD.encode(text)), "{text}");
                assert!(found(URL_SAFE.encode(text)) && found(URL_SAFE_NO_PAD.encode(text)), "{text}");
            }
        }
    }

    #[test]
    fn what_only_resembles_a_value_is_not_found() {
        assert!(!found("") && !found(&SECRET[..11]) && !found(SECRET.replace(['m', 'p'], "x")));
        assert!(!found(STANDARD.encode(SECRET.to_ascii_lowercase())));
        assert!(!Needles::of(["short".as_bytes()].into_iter()).are_in(b"short"));
    }

    #[test]
    fn a_long_value_is_found_by_any_of_its_pieces() {
        let long: String =
            (0..700).map(|n| char::from(b'a' + u8::try_from((n * n + n / 7) % 26).unwrap())).collect();
        let needles = Needles::of([long.as_bytes()].into_iter());
        for start in [96, 300, 700 - 80] {
            assert!(needles.are_in(&long.as_bytes()[start..start + 80]), "{start}");
        }
        assert!(needles.are_in(STANDARD.encode(&long).as_bytes()));
    }
}
