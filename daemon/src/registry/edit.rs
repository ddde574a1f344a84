//! Owns each change to the config file as a function of the file's text, so that it can be applied to whatever a
//! person has written there meanwhile. Pure.

use std::sync::Arc;

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::ProfileUpdate;

use super::build;
use super::write_toml::{asks_differently, describe, redescribe};
use crate::profile::Profile;
use crate::profile::config::edit::{ConfigText, lines_of};
use crate::profile::config::{Config, ConfigError};

mod section;

/// A change to the config file.
#[derive(Debug)]
pub(super) enum Edit {
    /// Adds a profile. The first one becomes the default.
    Add(Box<Profile>),
    /// Changes a profile.
    Change(Box<Update>),
    /// Takes a profile away, with the default that names it. It has to be the one whose secret is taken away.
    Remove(Box<Profile>),
    /// Makes a profile the default.
    Default(ProfileName),
}

/// A change of a profile, and what was verified before it is written.
#[derive(Debug)]
pub(super) struct Update {
    /// What is to change.
    pub(super) update: ProfileUpdate,
    /// The profile that it was applied to.
    pub(super) old: Profile,
    /// What came of it, with which the secret was verified.
    pub(super) new: Profile,
}

/// The text with the change made, and what it means.
#[derive(Debug)]
pub(super) struct Edited {
    pub(super) text: String,
    pub(super) config: Config,
}

/// Why a change is not made to a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EditError {
    /// The text is no good config.
    Broken(ConfigError),
    /// The profile that the change is about is there already.
    Exists(ProfileName),
    /// The profile that the change is about is not there.
    Unknown(ProfileName),
    /// What the change started from is not what the text says now.
    Conflict(ProfileName),
    /// The changed text would not mean what it has to mean.
    Unwritable,
}

/// A profile as it stands in a config, and as it is to be.
type NowAndNew = (Option<Arc<Profile>>, Option<Arc<Profile>>);

impl Edit {
    /// The text with this change and nothing else: it is read back, and every other profile is as it was.
    ///
    /// # Errors
    /// [`EditError`]; then nothing is to be written.
    pub(super) fn apply(&self, text: &str) -> Result<Edited, EditError> {
        let config = Config::parse(text).map_err(EditError::Broken)?;
        let mut document = ConfigText::of(text, config.network.clone()).map_err(EditError::Broken)?;
        let (now, new) = self.resolve(&config)?;
        let meant = self.meant(&config, new.clone());
        if meant.default != config.default {
            document.set_default(meant.default.as_ref());
        }
        let (name, common) = (self.name(), document.common().clone());
        match (now, new) {
            (Some(now), Some(new)) if Arc::ptr_eq(&now, &new) => {}
            (Some(now), Some(new)) => redescribe(&mut document.profile(name), &common, &now, &new),
            (None, Some(new)) => describe(&mut document.profile(name), &common, &new),
            (_, None) => document.remove_profile(name),
        }
        read_back(&document, meant)
    }

    /// The profile that the change is about.
    pub(super) fn name(&self) -> &ProfileName {
        match self {
            Self::Add(profile) | Self::Remove(profile) => &profile.name,
            Self::Change(change) => &change.old.name,
            Self::Default(name) => name,
        }
    }

    /// The profile as it stands in the config, and as it is to be, where the change may be made to this config.
    fn resolve(&self, config: &Config) -> Result<NowAndNew, EditError> {
        let name = self.name();
        let unknown = || EditError::Unknown(name.clone());
        let now = config.profiles.get(name).cloned();
        match self {
            Self::Add(_) if now.is_some() => Err(EditError::Exists(name.clone())),
            Self::Add(profile) => Ok((None, Some(Arc::new((**profile).clone())))),
            Self::Change(change) => {
                let new = now.as_ref().and_then(|now| changed(now, change));
                Ok((now, Some(new.ok_or_else(|| EditError::Conflict(name.clone()))?)))
            }
            Self::Remove(profile) => match now.ok_or_else(unknown)? {
                now if has_secret_of(&now, profile) => Ok((Some(now), None)),
                _ => Err(EditError::Conflict(name.clone())),
            },
            Self::Default(_) => now.ok_or_else(unknown).map(|now| (Some(Arc::clone(&now)), Some(now))),
        }
    }

    /// What the config means with the profile as it is to be. A default goes with its profile.
    fn meant(&self, config: &Config, new: Option<Arc<Profile>>) -> Config {
        let (name, mut meant) = (self.name(), config.clone());
        let is_chosen = match self {
            Self::Add(_) => config.profiles.is_empty(),
            Self::Change(_) | Self::Remove(_) => false,
            Self::Default(_) => true,
        };
        if is_chosen {
            meant.default = Some(name.clone());
        } else if new.is_none() && meant.default.as_ref() == Some(name) {
            meant.default = None;
        }
        match new {
            Some(new) => meant.profiles.insert(new),
            None => meant.profiles.remove(name),
        }
        meant
    }

    /// What a person does who makes the change by hand. `text` is what the file would be.
    pub(super) fn manual_steps(&self, text: &str) -> String {
        let name = match self {
            Self::Add(profile) => &profile.name,
            Self::Change(change) => &change.old.name,
            Self::Remove(profile) => return format!("take profile {} out of it", profile.name),
            Self::Default(name) => return format!("put default = \"{name}\" at its beginning"),
        };
        let place = if matches!(self, Self::Add(_)) { "at its end" } else { "in the place of that profile" };
        let lines = lines_of(text, name).unwrap_or_default();
        format!("put {place} what this prints: {}", printing(&lines))
    }
}

/// A command that prints an empty line and these: a message is one line, and a table is several.
fn printing(lines: &[String]) -> String {
    let (begin, between, quote) = match cfg!(windows) {
        true => ("''", ", ", "''"),
        false => (r"printf '%s\n' ''", " ", r"'\''"),
    };
    let quoted = lines.iter().map(|line| format!("{between}'{}'", line.replace('\'', quote)));
    format!("{begin}{}", quoted.collect::<String>())
}

/// The first form of the text that means `meant`: the file's own line ends are worth trying.
fn read_back(document: &ConfigText, meant: Config) -> Result<Edited, EditError> {
    let means_it = |text: &String| Config::parse(text).is_ok_and(|config| config == meant);
    let text = [document.text_as_found(), document.text()].into_iter().find(means_it);
    text.map(|text| Edited { text, config: meant }).ok_or(EditError::Unwritable)
}

/// The change made to the profile as it is now, if a token request of either differs in nothing.
fn changed(now: &Profile, change: &Update) -> Option<Arc<Profile>> {
    let new = build::updated(now, &change.update).ok()?;
    let differs = asks_differently(&change.old, now) || asks_differently(&change.new, &new);
    (!differs).then(|| Arc::new(new))
}

fn has_secret_of(now: &Profile, profile: &Profile) -> bool {
    now.secret_key() == profile.secret_key() && now.secret_source == profile.secret_source
}

#[cfg(test)]
mod tests;
