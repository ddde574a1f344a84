//! Owns how text is made fit for a terminal, as it is and within JSON. It knows nothing of where the text comes from.

use cp_token_protocol::{is_printable, printable};

const MAX_CHARACTERS: usize = 2000;

/// The text on one line, with control and direction characters made visible, and not without end.
pub(crate) fn sanitize_line(text: &str) -> String {
    printable(text).take(MAX_CHARACTERS).collect()
}

/// As [`sanitize_line`], without white space at either end.
pub(crate) fn sanitize(text: &str) -> String {
    sanitize_line(text.trim())
}

/// The same JSON, with an escape for each character that would not be shown. Such a one can only stand in a string.
pub(crate) fn json(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for character in text.chars() {
        if is_printable(character) || character.is_ascii() {
            json.push(character);
        } else {
            character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json += &format!("\\u{unit:04x}"));
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_and_shows_no_more() {
        let text = "jörg…\u{9b}31m\u{202e}\u{e0041}\"\\\n\u{1b}";
        let shown = json(&serde_json::to_string(text).unwrap());
        assert_eq!(shown, r#""jörg…\u009b31m\u202e\udb40\udc41\"\\\n\u001b""#);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }

    #[test]
    fn g11_escapes_line_ends_and_direction_marks_never_reach_the_terminal() {
        assert_eq!(sanitize(" a\x1b[31mb\nc\u{202e}d\u{9b}e /home/jürgen… "), "a?[31mb c?d?e /home/jürgen…");
        assert_eq!(sanitize_line("  a\0"), "  a?");
        assert_eq!(sanitize(&"x".repeat(100_000)).len(), MAX_CHARACTERS);
    }
}
