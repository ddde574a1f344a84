//! Owns a change as the change of one part of the text: what it costs does not grow with the number of profiles. The part
//! is read back; the rest of the text stays byte by byte, and with it what it means. Pure.

use std::sync::Arc;

use cp_token_protocol::ProfileName;

use super::{Edit, Update, asks_differently, describe, draft, found, put, redescribe};
use crate::config::edit::ConfigText;
use crate::config::{Config, Sections};
use crate::profile::Profile;
use crate::registry::known::Known;

impl Edit {
    /// The known text with this change; nothing where the whole text has to be looked at for it.
    pub(in crate::registry) fn apply_to_part(&self, known: &Known) -> Option<Known> {
        let sections = known.sections.as_ref()?;
        let mut config = (*known.config).clone();
        let (text, sections) = match self {
            Self::Add(profile) => extended(known, sections, &mut config, profile),
            Self::Change(change) => replaced(known, sections, &mut config, change),
            Self::Remove(profile) => removed(known, sections, &mut config, profile),
            Self::Default(name) => {
                found(&config, name)?;
                config.default = Some(name.clone());
                with_default(&known.text, sections, Some(name))
            }
        }?;
        Some(Known { text, config: Arc::new(config), sections: Some(sections) })
    }

    /// The profile that the change is about.
    pub(in crate::registry) fn name(&self) -> &ProfileName {
        match self {
            Self::Add(profile) | Self::Remove(profile) => &profile.name,
            Self::Change(change) => &change.old.name,
            Self::Default(name) => name,
        }
    }
}

/// The first profile becomes the default, which is another part.
fn extended(
    known: &Known,
    sections: &Sections,
    config: &mut Config,
    profile: &Profile,
) -> Option<(String, Sections)> {
    if config.profiles.is_empty() || found(config, &profile.name).is_some() || known.text.contains('\r') {
        return None;
    }
    let mut document = ConfigText::open_part("", &config.network)?;
    describe(&mut document.profile(&profile.name), &config.network, profile);
    let gap = if known.text.ends_with('\n') { "\n" } else { "\n\n" };
    let part = format!("{gap}{}", document.text());
    means(&part, config, profile)?;
    put(config, profile.clone());
    Some(sections.extended(&known.text, &profile.name, &part))
}

fn replaced(
    known: &Known,
    sections: &Sections,
    config: &mut Config,
    change: &Update,
) -> Option<(String, Sections)> {
    let name = &change.old.name;
    let now = found(config, name)?;
    let new = draft::updated(&now, &change.update).ok()?;
    if asks_differently(&change.old, &now) || asks_differently(&change.new, &new) {
        return None;
    }
    let part = sections.part(&known.text, name)?;
    let old = &known.text[part.clone()];
    means(old, config, &now)?;
    let mut document = ConfigText::open_part(old, &config.network)?;
    redescribe(&mut document.profile(name), &config.network, &now, &new);
    let written = document.text_as_found();
    means(&written, config, &new)?;
    put(config, new);
    Some(sections.replaced(&known.text, &part, &written))
}

fn removed(
    known: &Known,
    sections: &Sections,
    config: &mut Config,
    profile: &Profile,
) -> Option<(String, Sections)> {
    let name = &profile.name;
    let now = found(config, name)?;
    if now.secret_key() != profile.secret_key() || now.secret_source != profile.secret_source {
        return None;
    }
    means(&known.text[sections.part(&known.text, name)?], config, &now)?;
    config.profiles.remove(name);
    let (text, sections) = sections.removed(&known.text, name)?;
    if config.default.as_ref() != Some(name) {
        return Some((text, sections));
    }
    config.default = None;
    with_default(&text, &sections, None)
}

/// Passes where the part is the profile's whole description.
fn means(part: &str, config: &Config, profile: &Profile) -> Option<()> {
    (Config::parse_part(part, &config.network)? == *profile).then_some(())
}

fn with_default(text: &str, sections: &Sections, name: Option<&ProfileName>) -> Option<(String, Sections)> {
    let part = sections.top(text);
    let old = &text[part.clone()];
    let mut document = ConfigText::open_part(old, &crate::profile::Network::default())?;
    document.set_default(name);
    let new = document.text_as_found();
    let is_whole = new.is_empty() || new.ends_with('\n');
    (is_whole && Config::differ_in_default(old, &new, name)).then(|| sections.replaced(text, &part, &new))
}
