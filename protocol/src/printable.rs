//! Owns which characters are shown at a terminal, in a log or in JSON. Pure.

/// Stands for a character that is not shown.
pub const STAND_IN: char = '?';

/// The most marks that are shown on one letter, as many as living scripts need. More would be drawn over other lines.
const MARKS: usize = 3;

/// Printable by category but invisible or misleading: fillers, variation selectors, the blank Braille pattern, the
/// replacement character. Sorted ranges.
const UNSEEN: &[(char, char)] = &[
    ('\u{34f}', '\u{34f}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fffc}', '\u{fffd}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether the character is shown as it is: letters, digits, signs and marks of every script, and the plain space. Not
/// shown are control, direction, private-use, unassigned and invisible characters.
pub fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        '\0'..='\u{9f}' => false,
        _ => is_assigned(character) && !UNSEEN.iter().any(|&(from, to)| (from..=to).contains(&character)),
    }
}

/// The text's characters, with a space for a line end or a tab and [`STAND_IN`] for others that are not shown. The
/// result cannot change colour, cursor, line or text direction.
pub fn printable(text: &str) -> impl Iterator<Item = char> {
    // A mark at the beginning would be drawn on what precedes the text.
    let mut marks = MARKS;
    text.chars().map(move |character| {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        match character {
            '\t' | '\n' | '\r' => ' ',
            _ if marks <= MARKS && is_printable(character) => character,
            _ => STAND_IN,
        }
    })
}

/// The standard library escapes what is no letter, sign or mark.
fn is_assigned(character: char) -> bool {
    // A mark is not escaped after a letter.
    format!("a{character}").escape_debug().nth(1) == Some(character)
}

/// Whether it is drawn on the character before it.
fn is_mark(character: char) -> bool {
    !character.is_ascii() && character.escape_debug().next() != Some(character) && is_printable(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        printable(text).collect()
    }

    #[test]
    fn letters_signs_and_marks_of_every_script_stay() {
        for text in [
            "/home/jörg",
            "Zoe\u{308}",
            "…–“x”",
            "日本語",
            "ไทย",
            "שלום",
            "हिन्दी",
            "Việt",
            "ﬁ€🦀",
            "it's \"x\\y\"",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn g11_escapes_line_ends_directions_and_what_nobody_sees_are_replaced() {
        assert_eq!(shown("a\x1b[31mb\nc\u{202e}d\u{9b}e"), "a?[31mb c?d?e");
        for unseen in "\0\u{7f}\u{85}\u{a0}\u{ad}\u{61c}\u{180e}\u{200b}\u{200d}\u{200e}\u{2028}\u{2029}\u{2066}\u{2069}\
             \u{3000}\u{3164}\u{115f}\u{e000}\u{f8ff}\u{fe0f}\u{feff}\u{fffd}\u{378}\u{e0041}\u{e0100}\u{f0000}\u{10ffff}"
            .chars()
        {
            assert!(!is_printable(unseen), "{unseen:?}");
            assert_eq!(shown(&format!("a{unseen}b")), "a?b", "{unseen:?}");
        }
    }

    #[test]
    fn marks_are_drawn_on_letters_of_the_text_alone_and_not_without_end() {
        assert_eq!(shown("\u{308}a"), "?a");
        assert_eq!(
            shown(&format!("a{}b", "\u{301}".repeat(50))),
            format!("a{}{}b", "\u{301}".repeat(3), "?".repeat(47))
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_in_is_shown_in_as_many_characters_and_harmless(text in any::<String>()) {
            let shown = shown(&text);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            prop_assert!(shown.chars().all(|shown| is_printable(shown) && !shown.is_control()));
            prop_assert_eq!(printable(&shown).collect::<String>(), shown);
        }
    }
}
