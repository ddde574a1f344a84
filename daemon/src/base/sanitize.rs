//! Owns the one way in which a person's own words become printable (paths, names, what a config file holds): letters and
//! signs of every script and single spaces, cut to a limit. What a server, a proxy or a program says is not among them:
//! it is never shown.

use cp_token_protocol::{STAND_IN, printable};

/// Marks the end of words that were cut.
const CUT: &str = "...";

/// The words with every run of white space as one space, every other run of what is not printable as one question
/// mark, and at most `limit` characters long; three dots end what was cut.
///
/// Nothing in the outcome can move a cursor, start a new line or turn what stands around it.
pub fn clean(words: impl AsRef<[u8]>, limit: usize) -> String {
    let mut shown = String::new();
    // Three more than fit, two of which may be trimmed, tell that they do not fit.
    let mut room = limit.saturating_add(3);
    for character in printable(&String::from_utf8_lossy(words.as_ref())) {
        if matches!(character, ' ' | STAND_IN) && shown.ends_with(character) {
            continue;
        }
        shown.push(character);
        room -= 1;
        if room == 0 {
            break;
        }
    }
    cut(shown.trim(), limit)
}

fn cut(words: &str, limit: usize) -> String {
    if words.chars().count() <= limit {
        return words.to_owned();
    }
    let kept = limit.saturating_sub(CUT.len());
    let mut shown = words.chars().take(kept).collect::<String>().trim_end().to_owned();
    shown.push_str(&CUT[..limit - kept]);
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
