//! Owns a change of one section of the text, so that its cost does not grow with the number of profiles. Pure.

use std::sync::Arc;

use cp_token_protocol::ProfileName;

use super::{Edit, ParsedText, Plan};
use crate::profile::config::{Config, ConfigText, Sections};
use crate::profile::{Network, Profile};

impl Edit {
    /// The parsed text with this change; nothing where the change needs the whole text.
    pub(in crate::registry) fn apply_to_section(&self, parsed: &ParsedText) -> Option<ParsedText> {
        let ParsedText { text, config, sections } = parsed;
        let sections = sections.as_ref()?;
        let Plan { old, new, expected } = self.plan(config, "").ok()?;
        let (text, sections) = match (old, new) {
            (Some(old), Some(new)) if Arc::ptr_eq(&old, &new) => (text.clone(), sections.clone()),
            (Some(old), Some(new)) => replaced(parsed, sections, &old, &new)?,
            (None, Some(new)) => extended(parsed, sections, &new)?,
            (Some(old), None) => removed(parsed, sections, &old)?,
            (None, None) => return None,
        };
        let (text, sections) = match expected.default == config.default {
            true => (text, sections),
            false => with_default(&text, &sections, expected.default.as_ref())?,
        };
        Some(ParsedText { text, config: Arc::new(expected), sections: Some(sections) })
    }
}

/// The first profile becomes the default, which is in another section.
fn extended(parsed: &ParsedText, sections: &Sections, profile: &Profile) -> Option<(String, Sections)> {
    let ParsedText { text, config, .. } = parsed;
    if config.profiles.is_empty() || text.contains('\r') {
        return None;
    }
    let mut document = ConfigText::open("", &config.network)?;
    document.write_profile(None, profile);
    let gap = if text.ends_with('\n') { "\n" } else { "\n\n" };
    let section = format!("{gap}{}", document.text());
    describes(&section, config, profile)?;
    Some(sections.extended(text, &profile.name, &section))
}

fn replaced(
    parsed: &ParsedText,
    sections: &Sections,
    old: &Profile,
    new: &Profile,
) -> Option<(String, Sections)> {
    let ParsedText { text, config, .. } = parsed;
    let range = sections.range_of(text, &old.name)?;
    let section = &text[range.clone()];
    describes(section, config, old)?;
    let mut document = ConfigText::open(section, &config.network)?;
    document.write_profile(Some(old), new);
    let written = document.text_as_found();
    describes(&written, config, new)?;
    Some(sections.replaced(text, &range, &written))
}

fn removed(parsed: &ParsedText, sections: &Sections, old: &Profile) -> Option<(String, Sections)> {
    describes(&parsed.text[sections.range_of(&parsed.text, &old.name)?], &parsed.config, old)?;
    sections.removed(&parsed.text, &old.name)
}

/// Passes where the section is the profile's whole description.
fn describes(section: &str, config: &Config, profile: &Profile) -> Option<()> {
    (Config::parse_section(section, &config.network)? == *profile).then_some(())
}

fn with_default(text: &str, sections: &Sections, name: Option<&ProfileName>) -> Option<(String, Sections)> {
    let range = sections.head(text);
    let old = &text[range.clone()];
    let mut document = ConfigText::open(old, &Network::default())?;
    document.set_default(name);
    let new = document.text_as_found();
    let is_whole = new.is_empty() || new.ends_with('\n');
    (is_whole && Config::differ_in_default(old, &new, name)).then(|| sections.replaced(text, &range, &new))
}
