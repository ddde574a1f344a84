//! Owns the commands that a hint suggests; a word that cannot be quoted is replaced by a placeholder. Pure.

use std::path::Path;

use cp_token_protocol::{shell_path, shell_word};

/// The word as a person can paste it into a shell, or `placeholder` if that is not safe.
pub(crate) fn word(text: &str, placeholder: &str) -> String {
    shell_word(text).unwrap_or_else(|| placeholder.to_owned())
}

/// What to do, and the command for it if the path can stand in one.
pub(crate) fn with(words: &str, command: &str, path: &Path) -> String {
    match shell_path(path) {
        Some(path) => format!("{words}: {command} {path}"),
        None => words.to_owned(),
    }
}

/// The same, if the words go on to the command.
pub(crate) fn with_command(words: &str, command: &str, path: &Path) -> String {
    match shell_path(path) {
        Some(path) => format!("{words} with: {command} {path}"),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_offered_or_its_placeholder() {
        for (text, expected) in [
            ("prod", "prod"),
            ("A Person", if cfg!(windows) { "\"A Person\"" } else { "'A Person'" }),
            ("a\u{202e}b", "NAME"),
            ("-rf", "NAME"),
        ] {
            assert_eq!(word(text, "NAME"), expected, "{text:?}");
        }
    }
}
