//! Owns each change as a function of the text, so that it can be applied again to a text that was edited meanwhile. Pure.

use std::sync::Arc;

use cp_token_protocol::message::ProfileUpdate;
use cp_token_protocol::{Failure, ProfileName};

use super::{build, failure};
use crate::profile::Profile;
use crate::profile::config::{Config, ConfigError, ConfigText, Sections, lines_of};

mod section;

/// A text that is a valid config. While the file has this text, it is not parsed again.
#[derive(Debug)]
pub(super) struct ParsedText {
    pub(super) text: String,
    pub(super) config: Arc<Config>,
    /// Where the sections of the text are; nothing where they cannot be separated.
    pub(super) sections: Option<Sections>,
}

impl ParsedText {
    pub(super) fn parse(text: String) -> Result<Self, ConfigError> {
        let (config, sections) = Config::parse_with_sections(&text)?;
        Ok(Self { text, config: Arc::new(config), sections })
    }
}

#[derive(Debug)]
pub(super) enum Edit {
    /// Adds a profile. The first one becomes the default.
    Add(Box<Profile>),
    Change(Box<Update>),
    /// Removes a profile, and the default that names it. Its secret must be the one that is erased.
    Remove(Box<Profile>),
    Default(ProfileName),
}

/// A change of a profile, and what was verified before it is written.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) update: ProfileUpdate,
    /// The profile that it was applied to.
    pub(super) old: Profile,
    /// The changed profile, with which the secret was verified.
    pub(super) new: Profile,
}

struct Plan {
    old: Option<Arc<Profile>>,
    new: Option<Arc<Profile>>,
    expected: Config,
}

impl Edit {
    /// The text with this change and nothing else: the text is read back, and every other profile is as before. Failures
    /// name the file as `file`.
    pub(super) fn apply(&self, text: &str, file: &str) -> Result<ParsedText, Failure> {
        let config = Config::parse(text).map_err(|error| failure::config_broken(file, &error))?;
        let unwritable = || failure::unwritable(file);
        let mut document = ConfigText::open(text, &config.network).ok_or_else(unwritable)?;
        let Plan { old, new, expected } = self.plan(&config, file)?;
        if expected.default != config.default {
            document.set_default(expected.default.as_ref());
        }
        match new {
            Some(new) => document.write_profile(old.as_deref(), &new),
            None => document.remove_profile(self.name()),
        }
        read_back(&document, &expected).ok_or_else(unwritable)
    }

    pub(super) fn name(&self) -> &ProfileName {
        match self {
            Self::Add(profile) | Self::Remove(profile) => &profile.name,
            Self::Change(change) => &change.old.name,
            Self::Default(name) => name,
        }
    }

    /// What the change does to this config, where it may be made to it.
    fn plan(&self, config: &Config, file: &str) -> Result<Plan, Failure> {
        let name = self.name();
        let conflict = || failure::conflict(name, file);
        let old = config.profiles.get(name).cloned();
        let new = match (self, &old) {
            (Self::Add(_), Some(_)) => return Err(failure::exists(name)),
            (Self::Add(profile), None) => Some(Arc::new((**profile).clone())),
            (Self::Change(change), Some(old)) => Some(reapplied(old, change).ok_or_else(conflict)?),
            (Self::Change(_), None) => return Err(conflict()),
            (Self::Remove(profile), Some(old)) if old.has_same_secret(profile) => None,
            (Self::Remove(_), Some(_)) => return Err(conflict()),
            (Self::Default(_), Some(old)) => Some(Arc::clone(old)),
            (Self::Remove(_) | Self::Default(_), None) => return Err(failure::unknown_profile(config, name)),
        };
        let expected = self.expected(config, new.clone());
        Ok(Plan { old, new, expected })
    }

    /// What the config means with the new profile. Removing the default profile removes the default.
    fn expected(&self, config: &Config, new: Option<Arc<Profile>>) -> Config {
        let (name, mut expected) = (self.name(), config.clone());
        let is_chosen = match self {
            Self::Add(_) => config.profiles.is_empty(),
            Self::Change(_) | Self::Remove(_) => false,
            Self::Default(_) => true,
        };
        if is_chosen {
            expected.default = Some(name.clone());
        } else if new.is_none() && expected.default.as_ref() == Some(name) {
            expected.default = None;
        }
        match new {
            Some(new) => expected.profiles.insert(new),
            None => expected.profiles.remove(name),
        }
        expected
    }

    /// The steps by which a person makes the change in an editor. `text` is the changed text.
    pub(super) fn manual_steps(&self, text: &str) -> String {
        let place = match self {
            Self::Add(_) => "at its end",
            Self::Change(_) => "in the place of that profile",
            Self::Remove(profile) => return format!("take profile {} out of it", profile.name),
            Self::Default(name) => return format!("put default = \"{name}\" at its beginning"),
        };
        let lines = lines_of(text, self.name()).unwrap_or_default();
        format!("put {place} what this prints: {}", print_command(&lines))
    }
}

/// A shell command that prints an empty line and these lines: a message is one line, and a table is several.
fn print_command(lines: &[String]) -> String {
    let (begin, between, quote) = match cfg!(windows) {
        true => ("''", ", ", "''"),
        false => (r"printf '%s\n' ''", " ", r"'\''"),
    };
    let quoted = lines.iter().map(|line| format!("{between}'{}'", line.replace('\'', quote)));
    format!("{begin}{}", quoted.collect::<String>())
}

/// The first form of the text that means `expected`: the file's own line ends are tried first.
fn read_back(document: &ConfigText, expected: &Config) -> Option<ParsedText> {
    let texts = [document.text_as_found(), document.text()];
    let mut parsed = texts.into_iter().filter_map(|text| ParsedText::parse(text).ok());
    parsed.find(|parsed| *parsed.config == *expected)
}

/// The change made to the profile as the config has it, if no token request of either differs from what was verified.
fn reapplied(profile: &Profile, change: &Update) -> Option<Arc<Profile>> {
    let new = build::updated(profile, &change.update).ok()?;
    let is_same = change.old.has_same_token_request(profile) && change.new.has_same_token_request(&new);
    is_same.then(|| Arc::new(new))
}

#[cfg(test)]
mod tests;
