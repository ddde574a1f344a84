//! Owns the config file's meaning: text in, checked profiles out, or the line and column of what is wrong.
//! Pure; it reads and writes no file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{Identity, SecretSourceKind};
use serde::Deserialize;

use crate::clean::clean;
use crate::profile::Profile;
use crate::request_url::RequestUrl;

pub mod edit;

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
    #[serde(default)]
    profile: BTreeMap<String, RawProfile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProfile {
    #[serde(default)]
    kind: Kind,
    url: String,
    client_id: String,
    #[serde(default)]
    secret_source: Source,
    ca_bundle: Option<PathBuf>,
    #[serde(default)]
    insecure_http: bool,
    #[serde(default)]
    also_for: Vec<String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    ApiClient,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    #[default]
    Keyring,
    Memory,
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
        let mut profiles = BTreeMap::new();
        for (name, profile) in raw.profile {
            let place = place_of(&name);
            let profile = profile
                .check(&name, raw.ca_bundle.as_ref())
                .map_err(|message| ConfigError::at(text, place, &message))?;
            profiles.insert(profile.name.clone(), Arc::new(profile));
        }
        let default = raw.default.map(|name| existing(&name, &profiles)).transpose().map_err(|message| {
            let place = places.as_ref().and_then(|document| document.get("default")?.span());
            ConfigError::at(text, place, &message)
        })?;
        Ok(Self { default, profiles })
    }
}

impl RawProfile {
    fn check(self, name: &str, common_bundle: Option<&PathBuf>) -> Result<Profile, String> {
        let url = |text: &str| {
            RequestUrl::parse(text, self.insecure_http).map_err(|error| format!("profile {name}: {error}"))
        };
        Ok(Profile {
            name: ProfileName::parse(name)
                .map_err(|error| format!("profile {}: {error}", clean(name, 70)))?,
            url: url(&self.url)?,
            identity: self.identity(name)?,
            secret_source: self.secret_source.into(),
            ca_bundle: self.bundle(name, common_bundle)?,
            insecure_http: self.insecure_http,
            also_for: self.also_for.iter().map(|origin| url(origin)).collect::<Result<_, _>>()?,
        })
    }

    fn identity(&self, name: &str) -> Result<Identity, String> {
        let Kind::ApiClient = self.kind;
        match check_client_id(&self.client_id) {
            Ok(()) => Ok(Identity::ApiClient(self.client_id.clone())),
            Err(problem) => Err(format!("profile {name}: {problem}")),
        }
    }

    fn bundle(&self, name: &str, common: Option<&PathBuf>) -> Result<Option<PathBuf>, String> {
        match self.ca_bundle.as_ref().or(common) {
            Some(path) if !path.is_absolute() => {
                Err(format!("profile {name}: ca_bundle must be an absolute path"))
            }
            path => Ok(path.cloned()),
        }
    }
}

/// Passes a client ID that can stand in an HTTP Basic user name (RFC 7617, section 2).
///
/// # Errors
/// One clause that says what a client ID is.
pub fn check_client_id(text: &str) -> Result<(), &'static str> {
    let visible = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if (1..=256).contains(&text.len()) && text.bytes().all(visible) {
        Ok(())
    } else {
        Err("a client ID is 1 to 256 visible ASCII characters without a colon")
    }
}

impl From<Source> for SecretSourceKind {
    fn from(source: Source) -> Self {
        match source {
            Source::Keyring => SecretSourceKind::Keyring,
            Source::Memory => SecretSourceKind::Memory,
        }
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
