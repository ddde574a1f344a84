//! Owns what is known of the config file's text: what it means, and where its parts are. While the file says the same, it
//! need not be parsed again. Pure.

use std::sync::Arc;

use crate::profile::config::{Config, ConfigError, Sections};

/// A text that is a good config.
#[derive(Debug)]
pub(super) struct ParsedText {
    /// The text.
    pub(super) text: String,
    /// What it means.
    pub(super) config: Arc<Config>,
    /// Where its parts are; nothing where they cannot be told apart.
    pub(super) sections: Option<Sections>,
}

impl ParsedText {
    /// What `text` means.
    ///
    /// # Errors
    /// [`ConfigError`] with the place of the first problem.
    pub(super) fn parse(text: String) -> Result<Self, ConfigError> {
        let (config, sections) = Config::parse_with_sections(&text)?;
        Ok(Self { text, config: Arc::new(config), sections })
    }
}
