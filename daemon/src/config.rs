//! Owns the config file's meaning: text in, checked profiles out, or the line and column of what is wrong.
//! Pure; it reads and writes no file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use cp_token_protocol::ProfileName;
use serde::Deserialize;

use crate::clean::clean;
use crate::profile::{Network, Profile};

pub mod edit;
mod fault;
mod network;
mod raw;

use network::RawNetwork;
use raw::RawProfile;

/// A config file that has passed every check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The default profile, which exists.
    pub default: Option<ProfileName>,
    /// The way to a server for every profile that does not say otherwise.
    pub network: Network,
    /// Where the log is kept beyond the daemon's life.
    pub audit_file: Option<PathBuf>,
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
    no_proxy: Option<Vec<String>>,
    audit_file: Option<PathBuf>,
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
            .map_err(|error| ConfigError::at(text, error.span(), &fault::told(error.message())))?;
        let places = || Places(toml_edit::Document::parse(text).ok());
        let common = RawNetwork { ca_bundle: raw.ca_bundle, proxy: raw.proxy, no_proxy: raw.no_proxy };
        let network = common
            .over(&Network::default())
            .map_err(|problem| ConfigError::at(text, places().of_key(problem.key), &problem.message))?;
        let audit_file = audit_file(raw.audit_file)
            .map_err(|problem| ConfigError::at(text, places().of_key(problem.key), &problem.message))?;
        let mut profiles = BTreeMap::new();
        for (name, profile) in raw.profile {
            let profile = profile.check(&name, &network).map_err(|problem| {
                ConfigError::at(text, places().of_profile(&name, problem.key), &problem.message)
            })?;
            profiles.insert(profile.name.clone(), Arc::new(profile));
        }
        let default = raw
            .default
            .map(|name| existing(&name, &profiles))
            .transpose()
            .map_err(|message| ConfigError::at(text, places().of_key(Some("default")), &message))?;
        Ok(Self { default, network, audit_file, profiles })
    }
}

/// An empty path is none.
fn audit_file(path: Option<PathBuf>) -> Result<Option<PathBuf>, Problem> {
    match path.filter(|path| !path.as_os_str().is_empty()) {
        Some(path) if !path.is_absolute() => {
            Err(Problem::at("audit_file", "audit_file must be an absolute path"))
        }
        path => Ok(path),
    }
}

/// What is wrong with a value, and which key it stands behind where that is sure.
struct Problem {
    key: Option<&'static str>,
    message: String,
}

impl Problem {
    fn at(key: &'static str, message: impl Into<String>) -> Self {
        Self { key: Some(key), message: message.into() }
    }
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self { key: None, message }
    }
}

impl From<&str> for Problem {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

/// Where the values stand in a text.
struct Places<'t>(Option<toml_edit::Document<&'t str>>);

impl Places<'_> {
    fn of_key(&self, key: Option<&str>) -> Option<Range<usize>> {
        self.0.as_ref()?.get(key?)?.span()
    }

    /// The value behind the key, else the profile's table.
    fn of_profile(&self, name: &str, key: Option<&str>) -> Option<Range<usize>> {
        let profile = self.0.as_ref()?.get("profile")?.get(name)?;
        let value = key.and_then(|key| profile.get(key)?.span());
        value.or_else(|| profile.span())
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
