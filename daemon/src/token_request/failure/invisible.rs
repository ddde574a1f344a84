//! Owns the note on invisible characters and quotes at the ends of a secret. The secret is not changed.

use cp_token_protocol::Secret;

/// The invisible characters, and their names.
const INVISIBLE: &[(char, &str)] = &[
    (' ', "a space"),
    ('\u{a0}', "a no-break space"),
    ('\u{202f}', "a no-break space"),
    ('\u{feff}', "a byte order mark"),
    ('\u{200b}', "a zero-width space"),
    ('\u{200c}', "a zero-width character"),
    ('\u{200d}', "a zero-width character"),
    ('\u{2060}', "a zero-width character"),
    ('\u{ad}', "a soft hyphen"),
];

/// The pairs of quotation marks.
const QUOTES: &[(char, char)] = &[
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{201c}', '\u{201d}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{201e}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
];

/// The note on the ends of a refused secret; empty if they cannot be the reason.
pub(super) fn note(secret: &Secret) -> String {
    ends(secret.expose()).map(|ends| format!("; note that the secret {ends}")).unwrap_or_default()
}

fn ends(secret: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(secret).ok()?;
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let starts = name(first).map(|name| format!("begins with {name}"));
    let ends = name(last).map(|name| format!("ends with {name}"));
    let bare = text.trim_matches(|character| name(character).is_some());
    let quoted = quotes(bare).map(str::to_owned);
    let parts: Vec<String> = [starts, ends, quoted].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

fn name(character: char) -> Option<&'static str> {
    let known = INVISIBLE.iter().find(|(known, _)| *known == character).map(|(_, name)| *name);
    known.or_else(|| character.is_whitespace().then_some("a space of another kind"))
}

/// The secret is quoted, or was copied with one quotation mark.
fn quotes(text: &str) -> Option<&'static str> {
    let mut inner = text.chars();
    let (first, last) = (inner.next()?, inner.next_back()?);
    let is = |pair: fn(&(char, char)) -> char, mark: char| QUOTES.iter().any(|known| pair(known) == mark);
    if QUOTES.contains(&(first, last)) {
        Some("stands in quotes")
    } else if is(|(open, _)| *open, first) {
        Some("begins with a quotation mark")
    } else {
        is(|(_, close)| *close, last).then_some("ends with a quotation mark")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_that_nobody_sees_is_named_and_an_ordinary_secret_is_not() {
        for (secret, words) in [
            ("\u{feff}s3cret", "begins with a byte order mark"),
            (" s3cret", "begins with a space"),
            ("s3cret ", "ends with a space"),
            ("s3cret\u{a0}", "ends with a no-break space"),
            ("\u{200b}s3cret\u{200b}", "begins with a zero-width space and ends with a zero-width space"),
            ("\u{3000}s3cret", "begins with a space of another kind"),
            ("\"s3cret\"", "stands in quotes"),
            ("'s3cret' ", "ends with a space and stands in quotes"),
            ("\u{201e}s3cret\u{201c}", "stands in quotes"),
            ("\"s3cret", "begins with a quotation mark"),
            ("s3cret\" ", "ends with a space and ends with a quotation mark"),
            ("\u{201c}s3cret", "begins with a quotation mark"),
        ] {
            assert_eq!(ends(secret.as_bytes()).as_deref(), Some(words), "{secret:?}");
        }
        for secret in ["s3cret", "s3 cret", "s'3'cret", "\"", "", "p\u{e4}ss"] {
            assert_eq!(ends(secret.as_bytes()), None, "{secret:?}");
        }
        assert_eq!(ends(b"\xff\xfe"), None);
    }
}
