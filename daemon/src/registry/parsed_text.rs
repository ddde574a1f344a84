//! Owns the parsed text of the config file: what it means, and where its sections are. While the file has the same text,
//! it is not parsed again. Pure.

use std::sync::Arc;

use crate::profile::config::{Config, ConfigError, Sections};

/// A text that is a valid config.
#[derive(Debug)]
pub(super) struct ParsedText {
    /// The text.
    pub(super) text: String,
    /// What it means.
    pub(super) config: Arc<Config>,
    /// Where its sections are; nothing where they cannot be separated.
    pub(super) sections: Option<Sections>,
}

impl ParsedText {
    /// What `text` means.
    pub(super) fn parse(text: String) -> Result<Self, ConfigError> {
        let (config, sections) = Config::parse_with_sections(&text)?;
        Ok(Self { text, config: Arc::new(config), sections })
    }
}
