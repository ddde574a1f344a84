//! Owns the one way in which a person's own words become printable (paths, names, what a config file holds): visible ASCII
//! and single spaces, cut to a limit. What a server, a proxy or a program says is not among them: it is never shown.

/// Stands for a run of bytes that are not shown, and marks the end of words that were cut.
const STAND_IN: char = '?';
const CUT: &str = "...";

/// The words with every run of white space as one space, every other run of control or non-ASCII bytes as one
/// question mark, and at most `limit` characters long; three dots end what was cut.
///
/// Nothing in the outcome can move a cursor, start a new line or pass for another character.
pub fn clean(words: impl AsRef<[u8]>, limit: usize) -> String {
    let mut shown = String::new();
    for &byte in words.as_ref() {
        match printable(byte) {
            repeated @ (' ' | STAND_IN) if shown.ends_with(repeated) => {}
            character => shown.push(character),
        }
        // Three more than fit, two of which may be trimmed, tell that they do not fit.
        if shown.len() > limit.saturating_add(2) {
            break;
        }
    }
    cut(shown.trim(), limit)
}

fn printable(byte: u8) -> char {
    match byte {
        b' ' | b'\t' | b'\n' | b'\r' => ' ',
        0x21..=0x7e => char::from(byte),
        _ => STAND_IN,
    }
}

fn cut(words: &str, limit: usize) -> String {
    if words.len() <= limit {
        return words.to_owned();
    }
    let kept = limit.saturating_sub(CUT.len());
    let mut shown = words[..kept].trim_end().to_owned();
    shown.push_str(&CUT[..limit - kept]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_words_stay_as_they_are() {
        assert_eq!(clean("invalid_client: no such key (401)", 100), "invalid_client: no such key (401)");
        assert_eq!(clean("", 100), "");
    }

    #[test]
    fn g11_escapes_bidi_marks_and_lines_lose_their_power() {
        assert_eq!(clean("a\x1b[2Jb\r\nc\td\0\0e", 100), "a?[2Jb c d?e");
        assert_eq!(clean("\u{202e}evil\u{2066}", 100), "?evil?");
        assert_eq!(clean(b"\x9b31mred\xff\xfe", 100), "?31mred?");
    }

    #[test]
    fn long_words_end_in_dots_within_the_limit() {
        assert_eq!(clean("abcdefgh", 8), "abcdefgh");
        assert_eq!(clean("abcdefghi", 8), "abcde...");
        assert_eq!(clean("abc", 2), "..");
        assert_eq!(clean("abc", 0), "");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_only_visible_ascii_within_the_limit_comes_out(
            words in proptest::collection::vec(any::<u8>(), 0..400),
            limit in 0_usize..120,
        ) {
            let shown = clean(&words, limit);
            prop_assert!(shown.len() <= limit);
            prop_assert!(shown.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
        }
    }
}
