//! Owns the rule which characters may reach a terminal. It knows nothing of where the text comes from.

/// Most characters of one text that are shown.
const LIMIT: usize = 2000;

/// The text on one line, with control and direction characters made visible, and not without end.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().take(LIMIT).map(shown).collect()
}

/// As [`harmless`], without white space at either end.
pub(crate) fn clean(text: &str) -> String {
    harmless(text.trim())
}

fn shown(character: char) -> char {
    match character {
        ' '..='~' => character,
        '\n' | '\r' | '\t' => ' ',
        letter if letter.is_alphanumeric() => letter,
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g11_escapes_line_ends_and_direction_marks_never_reach_the_terminal() {
        assert_eq!(clean(" a\x1b[31mb\nc\u{202e}d\u{9b}e /home/jürgen "), "a?[31mb c?d?e /home/jürgen");
        assert_eq!(harmless("  a\0"), "  a?");
        assert_eq!(clean(&"x".repeat(100_000)).len(), LIMIT);
    }
}
