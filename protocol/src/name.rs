//! Owns the grammar of a profile's name.

use std::fmt;
use std::sync::Arc;

/// A profile's name: `[a-z0-9][a-z0-9._-]{0,63}`. Copies share the text, because a config is copied for each change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(Arc<str>);

/// The text is not a profile name. The error does not contain the text, which may have control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a profile name is 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen, and starts with a letter or digit"
)]
pub struct ProfileNameError;

impl ProfileName {
    /// Takes the text if it is a profile name.
    pub fn parse(text: &str) -> Result<Self, ProfileNameError> {
        if is_name(text) { Ok(Self(text.into())) } else { Err(ProfileNameError) }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

pub(crate) fn is_name(text: &str) -> bool {
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    starts_well && text.len() <= 64 && text.bytes().all(is_name_character)
}

fn is_name_character(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        let longest = "a".repeat(64);
        for name in ["prod", "0", "a.b_c-d", longest.as_str()] {
            assert!(ProfileName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn c10_paths_controls_and_homographs_are_no_names() {
        let too_long = "a".repeat(65);
        for name in [
            "",
            ".",
            "..",
            "../../x",
            "a/b",
            "A",
            "a b",
            "a\0",
            "a\n",
            "-a",
            "_a",
            "аdmin",
            too_long.as_str(),
        ] {
            assert!(ProfileName::parse(name).is_err(), "{name:?}");
        }
    }
}
