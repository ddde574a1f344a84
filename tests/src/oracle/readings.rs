//! Owns the ways to read a text in which a value may be spelled with escapes: of JSON, of URLs, of HTML, of C, or as
//! UTF-16. Pure.

use std::borrow::Cow;

/// How often escapes may be nested.
const DEPTH: usize = 2;

/// The text as it is, and with its escapes undone, in any order.
pub(super) fn readings(text: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut all = vec![Cow::Borrowed(text)];
    let mut from = 0;
    for _ in 0..DEPTH {
        let known = all.len();
        for number in from..known {
            for decode in [backslashes, percents, entities, narrow] {
                let found =
                    decode(&all[number]).filter(|found| !all.iter().any(|known| *known == found.as_slice()));
                all.extend(found.map(Cow::Owned));
            }
        }
        from = known;
    }
    all
}

/// Takes a text apart at `mark`; what `read` makes of the bytes behind one takes the place of as many as it says.
fn undone(text: &[u8], mark: u8, read: impl Fn(&[u8]) -> Option<(char, usize)>) -> Option<Vec<u8>> {
    if !text.contains(&mark) {
        return None;
    }
    let (mut plain, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, behind)) = rest.split_first() {
        let (character, length) = match byte {
            _ if byte == mark => {
                read(behind).map_or((None, 0), |(character, length)| (Some(character), length))
            }
            _ => (None, 0),
        };
        match character {
            Some(character) => plain.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            None => plain.push(byte),
        }
        rest = &behind[length..];
    }
    Some(plain)
}

/// `\u002d`, `\x2d`, `\/` and their like.
fn backslashes(text: &[u8]) -> Option<Vec<u8>> {
    undone(text, b'\\', |behind| match behind.first()? {
        b'u' | b'U' => Some((number(behind.get(1..5)?, 16)?, 5)),
        b'x' | b'X' => Some((number(behind.get(1..3)?, 16)?, 3)),
        other @ (b'/' | b'\\' | b'"' | b'\'') => Some((char::from(*other), 1)),
        _ => None,
    })
}

/// `%2D`.
fn percents(text: &[u8]) -> Option<Vec<u8>> {
    undone(text, b'%', |behind| Some((number(behind.get(..2)?, 16)?, 2)))
}

/// `&#45;`, `&#x2d;` and the five that XML knows.
fn entities(text: &[u8]) -> Option<Vec<u8>> {
    undone(text, b'&', |behind| {
        let end = behind.iter().take(10).position(|&byte| byte == b';')?;
        let character = match &behind[..end] {
            [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
            [b'#', digits @ ..] => number(digits, 10)?,
            b"amp" => '&',
            b"lt" => '<',
            b"gt" => '>',
            b"quot" => '"',
            b"apos" => '\'',
            _ => return None,
        };
        Some((character, end + 1))
    })
}

/// UTF-16 and UTF-32 are plain text with zeros in between.
fn narrow(text: &[u8]) -> Option<Vec<u8>> {
    text.contains(&0).then(|| text.iter().copied().filter(|&byte| byte != 0).collect())
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &[u8]) -> bool {
        readings(text).iter().any(|reading| reading.windows(4).any(|four| four == b"a-/b"))
    }

    #[test]
    fn every_escape_and_escapes_of_escapes_are_undone() {
        for text in [
            "a-/b",
            "a\\u002d/b",
            "a\\u002D\\/b",
            "a\\x2d/b",
            "a%2D%2fb",
            "%61%2d/b",
            "a&#45;&#x2F;b",
            "a&#x2d;/b",
            "a\\\\u002d/b",
            "a%252D/b",
            "a&amp;#45;/b",
            "\\u0061%2d/b",
        ] {
            assert!(reads(text.as_bytes()), "{text}");
        }
        assert!(reads(b"a\0-\0/\0b\0"));
        for text in ["a-b", "a%2/b", "%", "\\u00", "&#;", "a&hyphen;/b"] {
            assert!(!reads(text.as_bytes()), "{text}");
        }
    }
}
