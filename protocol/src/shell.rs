//! Owns the quoting of a word in a command that a person pastes into a shell. Pure.

use std::path::Path;

use crate::printable::printable;

/// The longest word that is quoted, in bytes, because a terminal's line may be cut.
const LIMIT: usize = 300;

/// The word, quoted for a shell if necessary; `None` if it cannot be shown exactly, or looks like an option.
pub fn shell_word(text: &str) -> Option<String> {
    // Some terminals merge runs of these two.
    let is_shown = text.chars().eq(printable(text)) && !text.contains("  ") && !text.contains("??");
    let is_offered = is_shown && text.len() <= LIMIT && !text.starts_with('-');
    is_offered.then(|| quoted(text)).flatten()
}

/// [`shell_word`] for a path; `None` also if it is not UTF-8.
pub fn shell_path(path: &Path) -> Option<String> {
    path.to_str().and_then(shell_word)
}

fn is_plain(text: &str, also: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || also.contains(letter);
    !text.is_empty() && text.chars().all(is_plain)
}

/// Single quotes; double quotes if the text has a single one and nothing that is special between double quotes.
#[cfg(not(windows))]
#[expect(clippy::unnecessary_wraps, reason = "not every text can be quoted on each system")]
fn quoted(text: &str) -> Option<String> {
    Some(match text.contains('\'') {
        false if is_plain(text, "+-./:@_") => text.to_owned(),
        true if !text.contains(['"', '$', '`', '\\', '!']) => format!("\"{text}\""),
        _ => format!("'{}'", text.replace('\'', r"'\''")),
    })
}

/// Double quotes, for both shells of Windows; `None` if the text has a character that is special in one of them.
#[cfg(windows)]
fn quoted(text: &str) -> Option<String> {
    let is_special = |letter: char| "\"%!$`\u{201c}\u{201d}\u{201e}".contains(letter);
    if text.contains(is_special) {
        return None;
    }
    Some(if is_plain(text, "+-./:_\\") { text.to_owned() } else { format!("\"{text}\"") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(windows))]
    #[test]
    fn a_word_is_plain_or_quoted() {
        for (text, expected) in [
            ("prod", "prod"),
            ("https://a.example:1/", "https://a.example:1/"),
            ("A Person", "'A Person'"),
            ("$(rm -rf ~)`x`", "'$(rm -rf ~)`x`'"),
            ("it's", "\"it's\""),
            ("it's $HOME", r"'it'\''s $HOME'"),
            ("", "''"),
            ("/x/a?b*[c]", "'/x/a?b*[c]'"),
            ("Jürgen", "'Jürgen'"),
            ("/home/Zoe\u{308}/my files", "'/home/Zoe\u{308}/my files'"),
        ] {
            assert_eq!(shell_word(text).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn a_word_that_cannot_be_shown_exactly_or_is_an_option_is_not_offered() {
        let long = "x".repeat(LIMIT + 1);
        for text in [
            "a\nb",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{a0}b",
            "a\u{fffd}",
            "a\x1bb",
            "a  b",
            "a??b",
            "-rf",
            &long,
        ] {
            assert_eq!(shell_word(text), None, "{text:?}");
        }
        assert!(shell_word(&long[1..]).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_is_not_offered() {
        use std::os::unix::ffi::OsStrExt;
        let path = |bytes: &'static [u8]| Path::new(std::ffi::OsStr::from_bytes(bytes));
        assert_eq!(shell_path(path(b"/x/\xff")), None);
        assert_eq!(shell_path(path(b"/x/y")).as_deref(), Some("/x/y"));
    }
}
