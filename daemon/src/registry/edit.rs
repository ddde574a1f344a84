//! Owns each change to the config file as a function of the file's text, so that it can be applied to whatever a
//! person has written there meanwhile. Pure.

use std::sync::Arc;

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::ProfileUpdate;

use super::describe::{asks_differently, describe, redescribe};
use super::draft;
use crate::config::edit::{ConfigText, lines_of};
use crate::config::{Config, ConfigError};
use crate::profile::Profile;

mod parts;

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
    Overtaken(ProfileName),
    /// The changed text would not mean what it has to mean.
    Unwritable,
}

impl Edit {
    /// The text with this change and nothing else: it is read back, and every other profile is as it was.
    ///
    /// # Errors
    /// [`EditError`]; then nothing is to be written.
    pub(super) fn apply(&self, text: &str) -> Result<Edited, EditError> {
        let mut config = Config::parse(text).map_err(EditError::Broken)?;
        let mut document = ConfigText::of(text, config.network.clone()).map_err(EditError::Broken)?;
        match self {
            Self::Add(profile) => add(&mut config, &mut document, profile)?,
            Self::Change(change) => replace(&mut config, &mut document, change)?,
            Self::Remove(profile) => remove(&mut config, &mut document, profile)?,
            Self::Default(name) => {
                found(&config, name).ok_or_else(|| EditError::Unknown(name.clone()))?;
                document.set_default(Some(name));
                config.default = Some(name.clone());
            }
        }
        read_back(&document, config)
    }

    /// What a person does who makes the change by hand. `text` is what the file would be.
    pub(super) fn by_hand(&self, text: &str) -> String {
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

fn add(config: &mut Config, document: &mut ConfigText, profile: &Profile) -> Result<(), EditError> {
    if found(config, &profile.name).is_some() {
        return Err(EditError::Exists(profile.name.clone()));
    }
    if config.profiles.is_empty() {
        document.set_default(Some(&profile.name));
        config.default = Some(profile.name.clone());
    }
    let common = document.common().clone();
    describe(&mut document.profile(&profile.name), &common, profile);
    put(config, profile.clone());
    Ok(())
}

/// The change is made to the profile as it is now, if a token request of either differs in nothing.
fn replace(config: &mut Config, document: &mut ConfigText, change: &Update) -> Result<(), EditError> {
    let name = &change.old.name;
    let overtaken = || EditError::Overtaken(name.clone());
    let now = found(config, name).ok_or_else(overtaken)?;
    let new = draft::updated(&now, &change.update).map_err(|_| overtaken())?;
    if asks_differently(&change.old, &now) || asks_differently(&change.new, &new) {
        return Err(overtaken());
    }
    let common = document.common().clone();
    redescribe(&mut document.profile(name), &common, &now, &new);
    put(config, new);
    Ok(())
}

fn remove(config: &mut Config, document: &mut ConfigText, profile: &Profile) -> Result<(), EditError> {
    let name = &profile.name;
    let now = found(config, name).ok_or_else(|| EditError::Unknown(name.clone()))?;
    if now.secret_key() != profile.secret_key() || now.secret_source != profile.secret_source {
        return Err(EditError::Overtaken(name.clone()));
    }
    document.remove_profile(name);
    config.profiles.remove(name);
    if config.default.as_ref() == Some(name) {
        document.set_default(None);
        config.default = None;
    }
    Ok(())
}

fn found(config: &Config, name: &ProfileName) -> Option<Arc<Profile>> {
    config.profiles.get(name).cloned()
}

fn put(config: &mut Config, profile: Profile) {
    config.profiles.insert(Arc::new(profile));
}

#[cfg(test)]
mod tests;
