//! Owns the meaning of the config file: text in, checked profiles out, or the place of what is wrong. Pure.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::SecretSource;
use serde::Deserialize;
use toml_edit::Document;
use toml_edit::de::Deserializer;

use crate::base::sanitize::clean;
use crate::profile::{Network, NetworkError, Profile};

mod edit;
mod parse_message;
mod profiles;
mod raw;
mod sections;
mod values;

pub use edit::{ConfigText, lines_of};
pub use profiles::Profiles;
use raw::RawProfile;
pub use sections::Sections;

/// A config file that has passed every check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The default profile, which exists.
    pub default: Option<ProfileName>,
    /// The proxy and CA settings of every profile without its own.
    pub network: Network,
    /// The file of the audit log, which outlives the daemon.
    pub audit_file: Option<PathBuf>,
    /// Every profile.
    pub profiles: Profiles,
}

/// What is wrong with a config file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ConfigError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// One clause, printable.
    pub message: String,
}

#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
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
    /// Whether a caller who names no profile means this one.
    pub fn is_default(&self, profile: &Profile) -> bool {
        self.profiles.len() == 1 || self.default.as_ref() == Some(&profile.name)
    }

    /// Whether it names this file as a secret or as a CA bundle.
    pub fn reads(&self, file: &Path) -> bool {
        let is_bundle = |network: &Network| network.ca_bundle.as_deref() == Some(file);
        let is_secret =
            |source: &SecretSource| matches!(source, SecretSource::File(path) if Path::new(path) == file);
        let reads = |profile: &Arc<Profile>| is_secret(&profile.secret_source) || is_bundle(&profile.network);
        is_bundle(&self.network) || self.profiles.values().any(reads)
    }

    /// The config that `text` describes. The error names the place of the first problem.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::parse_with_sections(text).map(|(config, _)| config)
    }

    /// As [`Config::parse`], and where the sections of the text are; nothing where a profile has no section of its own.
    pub fn parse_with_sections(text: &str) -> Result<(Self, Option<Sections>), ConfigError> {
        let (raw, sections) = RawConfig::read(text)?;
        Ok((Self::checked(text, raw)?, sections))
    }

    /// The one profile that a section describes, below a head that sets `common`; nothing where it is not exactly one.
    pub fn parse_section(section: &str, common: &Network) -> Option<Profile> {
        let (raw, _) = RawConfig::read(section).ok()?;
        let has_top = RawConfig { profile: BTreeMap::new(), ..raw.clone() } != RawConfig::default();
        let mut profiles = raw.profile.into_iter();
        let (name, profile) = profiles.next().filter(|_| !has_top)?;
        profiles.next().is_none().then(|| profile.check(&name, common).ok())?
    }

    /// Whether the second text is the first with another default and says nothing else.
    pub fn differ_in_default(old: &str, new: &str, default: Option<&ProfileName>) -> bool {
        let (Ok((old, _)), Ok((new, _))) = (RawConfig::read(old), RawConfig::read(new)) else { return false };
        RawConfig { default: default.map(ToString::to_string), ..old } == new
    }

    fn checked(text: &str, raw: RawConfig) -> Result<Self, ConfigError> {
        // The text is parsed again only where something is wrong.
        let at = |profile: Option<&str>, problem: Problem| {
            ConfigError::at(text, place(text, profile, problem.key), &problem.message)
        };
        let at_key = |problem| at(None, problem);
        let network = Network::default()
            .with(raw.ca_bundle.as_deref(), raw.proxy.as_deref(), raw.no_proxy.as_deref())
            .map_err(|error| at_key(error.into()))?;
        let audit_file = audit_file(raw.audit_file).map_err(at_key)?;
        let mut profiles = Profiles::default();
        for (name, profile) in raw.profile {
            let profile = profile.check(&name, &network);
            profiles.insert(Arc::new(profile.map_err(|problem| at(Some(&name), problem))?));
        }
        let default = raw.default.map(|name| existing(&name, &profiles)).transpose().map_err(at_key)?;
        Ok(Self { default, network, audit_file, profiles })
    }
}

impl RawConfig {
    fn read(text: &str) -> Result<(Self, Option<Sections>), ConfigError> {
        let failed =
            |span, message: &str| ConfigError::at(text, span, &parse_message::without_values(message));
        let document = Document::parse(text).map_err(|error| failed(error.span(), error.message()))?;
        let sections = Sections::of(text, &document);
        let raw = Self::deserialize(Deserializer::from(document));
        Ok((raw.map_err(|error| failed(error.span(), error.message()))?, sections))
    }
}

/// An empty path means no file.
fn audit_file(path: Option<PathBuf>) -> Result<Option<PathBuf>, Problem> {
    match path.filter(|path| !path.as_os_str().is_empty()) {
        Some(path) if !path.is_absolute() => {
            Err(Problem::at("audit_file", "audit_file must be an absolute path"))
        }
        path => Ok(path),
    }
}

/// What is wrong with a value, and its key where that is certain.
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

impl From<NetworkError> for Problem {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::CaBundle => Self::at("ca_bundle", "ca_bundle must be an absolute path"),
            NetworkError::Proxy(error) => Self::at("proxy", error.to_string()),
            NetworkError::NoProxy(clause) => Self::at("no_proxy", clause),
        }
    }
}

/// Where the value of the key is, in the table of the profile or else at the top; without it, where the table is.
fn place(text: &str, profile: Option<&str>, key: Option<&str>) -> Option<Range<usize>> {
    let document = Document::parse(text).ok()?;
    let Some(name) = profile else { return document.get(key?)?.span() };
    let table = document.get("profile")?.get(name)?;
    let value = key.and_then(|key| table.get(key)?.span());
    value.or_else(|| table.span())
}

fn existing(name: &str, profiles: &Profiles) -> Result<ProfileName, Problem> {
    if name.is_empty() {
        return Err(Problem::at("default", "default is empty; name a profile, or take the line out"));
    }
    let found = ProfileName::parse(name).ok().filter(|name| profiles.get(name).is_some());
    found.ok_or_else(|| {
        Problem::at("default", format!("default names {}, which is no profile", clean(name, 70)))
    })
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
