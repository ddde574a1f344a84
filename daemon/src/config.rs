//! Owns the config file's meaning: text in, checked profiles out, or the line and column of what is wrong.
//! Pure; it reads and writes no file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use cp_token_protocol::ProfileName;
use serde::Deserialize;

use crate::clean::clean;
use crate::profile::Profile;

pub mod edit;
mod raw;

use raw::{Common, RawProfile};

/// A config file that has passed every check.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The default profile, which exists.
    pub default: Option<ProfileName>,
    /// Every profile.
    pub profiles: BTreeMap<ProfileName, Arc<Profile>>,
}

/// What is wrong with a config file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ConfigError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// One clause, visible ASCII.
    pub message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    default: Option<String>,
    ca_bundle: Option<PathBuf>,
    proxy: Option<String>,
    #[serde(default)]
    no_proxy: Vec<String>,
    #[serde(default)]
    profile: BTreeMap<String, RawProfile>,
}

impl Config {
    /// The config that `text` describes.
    ///
    /// # Errors
    /// [`ConfigError`] with the place of the first problem.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let raw: RawConfig = toml_edit::de::from_str(text)
            .map_err(|error| ConfigError::at(text, error.span(), error.message()))?;
        let places = toml_edit::Document::parse(text).ok();
        let place_of = |name: &str| places.as_ref()?.get("profile")?.get(name)?.span();
        let common = Common { ca_bundle: raw.ca_bundle, proxy: raw.proxy, no_proxy: raw.no_proxy };
        let mut profiles = BTreeMap::new();
        for (name, profile) in raw.profile {
            let place = place_of(&name);
            let profile =
                profile.check(&name, &common).map_err(|message| ConfigError::at(text, place, &message))?;
            profiles.insert(profile.name.clone(), Arc::new(profile));
        }
        let default = raw.default.map(|name| existing(&name, &profiles)).transpose().map_err(|message| {
            let place = places.as_ref().and_then(|document| document.get("default")?.span());
            ConfigError::at(text, place, &message)
        })?;
        Ok(Self { default, profiles })
    }
}

fn existing(name: &str, profiles: &BTreeMap<ProfileName, Arc<Profile>>) -> Result<ProfileName, String> {
    ProfileName::parse(name)
        .ok()
        .filter(|name| profiles.contains_key(name))
        .ok_or_else(|| format!("default names {}, which is no profile", clean(name, 70)))
}

impl ConfigError {
    fn at(text: &str, place: Option<Range<usize>>, message: &str) -> Self {
        let start = place.map_or(0, |place| place.start).min(text.len());
        let before = text.get(..start).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line: before.matches('\n').count() + 1, column, message: clean(message.trim(), 300) }
    }
}

#[cfg(test)]
mod tests;
