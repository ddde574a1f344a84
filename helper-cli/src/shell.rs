//! Owns how a word is written so that a shell takes it as one. Pure.

/// The word as a person can paste it into a shell, or `stand_in` where that is not safe.
pub(crate) fn word(text: &str, stand_in: &str) -> String {
    // What `text::harmless` would change on its way to the terminal is not offered for pasting.
    let is_shown = |character: char| matches!(character, ' '..='~') || character.is_alphanumeric();
    if text.starts_with('-') || !text.chars().all(is_shown) {
        return stand_in.to_owned();
    }
    shlex::try_quote(text).map_or_else(|_| stand_in.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_plain_or_quoted_or_not_offered_at_all() {
        for (text, expected) in [
            ("prod", "prod"),
            ("https://a.example:1/", "https://a.example:1/"),
            ("A Person", "'A Person'"),
            ("$(rm -rf ~)`x`", "'$(rm -rf ~)`x`'"),
            ("it's", "\"it's\""),
            ("a\nb", "NAME"),
            ("a\u{202e}b", "NAME"),
            ("-rf", "NAME"),
            ("", "''"),
            ("Jürgen", "'Jürgen'"),
        ] {
            assert_eq!(word(text, "NAME"), expected, "{text:?}");
        }
    }
}
