//! Owns a change as the change of one part of the text: what it costs does not grow with the number of profiles. The part
//! is read back; the rest of the text stays byte by byte, and with it what it means. Pure.

use std::sync::Arc;

use cp_token_protocol::ProfileName;

use super::{Edit, describe, redescribe};
use crate::profile::Profile;
use crate::profile::config::edit::ConfigText;
use crate::profile::config::{Config, Sections};
use crate::registry::parsed_text::ParsedText;

impl Edit {
    /// The known text with this change; nothing where the whole text has to be looked at for it.
    pub(in crate::registry) fn apply_to_section(&self, known: &ParsedText) -> Option<ParsedText> {
        let ParsedText { text, config, sections } = known;
        let sections = sections.as_ref()?;
        let (now, new) = self.resolve(config).ok()?;
        let meant = self.meant(config, new.clone());
        let default = meant.default.as_ref();
        let (text, sections) = match (now, new) {
            (Some(now), Some(new)) if Arc::ptr_eq(&now, &new) => with_default(text, sections, default),
            (Some(now), Some(new)) => replaced(known, sections, &now, &new),
            (None, Some(new)) => extended(known, sections, &new),
            (Some(now), None) => match removed(known, sections, &now)? {
                (text, sections) if meant.default != config.default => {
                    with_default(&text, &sections, default)
                }
                removed => Some(removed),
            },
            (None, None) => None,
        }?;
        Some(ParsedText { text, config: Arc::new(meant), sections: Some(sections) })
    }
}

/// The first profile becomes the default, which is another part.
fn extended(known: &ParsedText, sections: &Sections, profile: &Profile) -> Option<(String, Sections)> {
    let ParsedText { text, config, .. } = known;
    if config.profiles.is_empty() || text.contains('\r') {
        return None;
    }
    let mut document = ConfigText::open_section("", &config.network)?;
    describe(&mut document.profile(&profile.name), &config.network, profile);
    let gap = if text.ends_with('\n') { "\n" } else { "\n\n" };
    let part = format!("{gap}{}", document.text());
    means(&part, config, profile)?;
    Some(sections.extended(text, &profile.name, &part))
}

fn replaced(
    known: &ParsedText,
    sections: &Sections,
    now: &Profile,
    new: &Profile,
) -> Option<(String, Sections)> {
    let ParsedText { text, config, .. } = known;
    let part = sections.range_of(text, &now.name)?;
    let old = &text[part.clone()];
    means(old, config, now)?;
    let mut document = ConfigText::open_section(old, &config.network)?;
    redescribe(&mut document.profile(&now.name), &config.network, now, new);
    let written = document.text_as_found();
    means(&written, config, new)?;
    Some(sections.replaced(text, &part, &written))
}

fn removed(known: &ParsedText, sections: &Sections, now: &Profile) -> Option<(String, Sections)> {
    means(&known.text[sections.range_of(&known.text, &now.name)?], &known.config, now)?;
    sections.removed(&known.text, &now.name)
}

/// Passes where the part is the profile's whole description.
fn means(part: &str, config: &Config, profile: &Profile) -> Option<()> {
    (Config::parse_section(part, &config.network)? == *profile).then_some(())
}

fn with_default(text: &str, sections: &Sections, name: Option<&ProfileName>) -> Option<(String, Sections)> {
    let part = sections.head(text);
    let old = &text[part.clone()];
    let mut document = ConfigText::open_section(old, &crate::profile::Network::default())?;
    document.set_default(name);
    let new = document.text_as_found();
    let is_whole = new.is_empty() || new.ends_with('\n');
    (is_whole && Config::differ_in_default(old, &new, name)).then(|| sections.replaced(text, &part, &new))
}
