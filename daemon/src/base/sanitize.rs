//! Owns how texts of a person are made printable. What a server, a proxy or a program says is never shown.

use cp_token_protocol::{STAND_IN, printable};

const ELLIPSIS: &str = "...";

/// Replaces white space by a space and unprintable characters by a question mark, each run once, and cuts the text to
/// `limit` characters. The result cannot move a cursor, start a line or change the direction of the text around it.
pub fn clean(text: impl AsRef<[u8]>, limit: usize) -> String {
    let text = String::from_utf8_lossy(text.as_ref());
    let mut last = None;
    let is_shown = |&character: &char| {
        let is_repeated = matches!(character, ' ' | STAND_IN) && last == Some(character);
        last = Some(character);
        !is_repeated
    };
    // Three more characters than fit, two of which may be trimmed, show that the text does not fit.
    let shown: String = printable(&text).filter(is_shown).take(limit.saturating_add(3)).collect();
    cut(shown.trim(), limit)
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept = limit.saturating_sub(ELLIPSIS.len());
    let mut shown = text.chars().take(kept).collect::<String>().trim_end().to_owned();
    shown.push_str(&ELLIPSIS[..limit - kept]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use cp_token_protocol::is_printable;
    use proptest::prelude::*;

    #[test]
    fn ordinary_words_stay_as_they_are() {
        assert_eq!(clean("invalid_client: no such key (401)", 100), "invalid_client: no such key (401)");
        assert_eq!(clean("", 100), "");
        assert_eq!(clean("/home/jörg/Zoe\u{308}/…/日本", 100), "/home/jörg/Zoe\u{308}/…/日本");
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
        assert_eq!(clean("äöüäöüäö", 8), "äöüäöüäö");
        assert_eq!(clean("äöüäöüäöü", 8), "äöüäö...");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_only_printable_characters_within_the_limit_come_out(
            words in proptest::collection::vec(any::<u8>(), 0..400),
            limit in 0_usize..120,
        ) {
            let shown = clean(&words, limit);
            prop_assert!(shown.chars().count() <= limit);
            prop_assert!(shown.chars().all(|shown| is_printable(shown) && !shown.is_control()));
        }
    }
}
