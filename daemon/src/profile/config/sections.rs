//! Owns where the sections of a config are: the head, and the table of each profile, which can be replaced by itself. Pure.

use std::ops::Range;

use cp_token_protocol::ProfileName;
use toml_edit::{Document, Item, Table, TableLike};

/// The sections of one text. Every profile has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sections {
    /// Where each section after the head begins, in order, and its profile; `[profile]` itself has none.
    starts: Vec<(usize, Option<ProfileName>)>,
}

impl Sections {
    /// The sections of a text that parses as `document`; nothing where a profile has no header of its own.
    pub(super) fn of(text: &str, document: &Document<&str>) -> Option<Self> {
        let profiles = document.get("profile").map(|item| item.as_table_like().map_or(1, TableLike::len));
        let sections = Self::under_headers(text, document)?;
        let named = sections.starts.iter().filter(|(_, whose)| whose.is_some()).count();
        (named == profiles.unwrap_or_default()).then_some(sections)
    }

    /// The sections of those profiles that have a header of their own; the others are in sections without a profile.
    pub(super) fn under_headers(text: &str, document: &Document<&str>) -> Option<Self> {
        let is_headed = |table: &&Table| !table.is_dotted() && !table.is_implicit();
        let mut starts = Vec::new();
        if let Some((item, profiles)) =
            document.get("profile").and_then(|item| Some((item, item.as_table()?)))
        {
            if is_headed(&profiles) {
                starts.push((header(text, item)?, None));
            }
            for (name, item) in
                profiles.iter().filter(|(_, item)| item.as_table().is_some_and(|t| is_headed(&t)))
            {
                starts.push((header(text, item)?, Some(ProfileName::parse(name).ok()?)));
            }
        }
        starts.sort_unstable();
        Some(Self { starts })
    }

    /// The section before the first table.
    pub fn head(&self, text: &str) -> Range<usize> {
        0..self.starts.first().map_or(text.len(), |(start, _)| *start)
    }

    /// The profile's section, with the comments that touch its header.
    pub fn range_of(&self, text: &str, name: &ProfileName) -> Option<Range<usize>> {
        let place = self.starts.iter().position(|(_, whose)| whose.as_ref() == Some(name))?;
        let end = self.starts.get(place + 1).map_or(text.len(), |(start, _)| *start);
        Some(self.starts[place].0..end)
    }

    /// The text with another section in the place of that one, and its sections.
    pub fn replaced(&self, text: &str, part: &Range<usize>, new: &str) -> (String, Self) {
        let changed = [&text[..part.start], new, &text[part.end..]].concat();
        let mut sections = self.clone();
        for (start, _) in sections.starts.iter_mut().filter(|(start, _)| *start >= part.end) {
            *start = *start - part.len() + new.len();
        }
        // Comments that are left at the end of a section belong to the next header.
        let end = part.start + new.len();
        if let Some((next, _)) = sections.starts.iter_mut().find(|(start, _)| *start >= end && end > 0) {
            *next = comments_before(&changed, *next, false);
        }
        (changed, sections)
    }

    /// The text without a profile's table and the comments that touch it, and its sections. Comments after an empty line
    /// stay, and so does what is below the last table.
    pub fn removed(&self, text: &str, name: &ProfileName) -> Option<(String, Self)> {
        let part = self.range_of(text, name)?;
        let (changed, mut sections) = self.replaced(text, &part, left_over(text, &part));
        sections.starts.retain(|(_, whose)| whose.as_ref() != Some(name));
        Some((changed, sections))
    }

    /// The text with a section of that profile added at its end, and its sections.
    pub fn extended(&self, text: &str, name: &ProfileName, new: &str) -> (String, Self) {
        let (mut sections, whole) = (self.clone(), [text, new].concat());
        // Comments at the old end are above the new header now.
        let header = text.len() + new.find('[').unwrap_or_default();
        sections.starts.push((comments_before(&whole, header, false), Some(name.clone())));
        (whole, sections)
    }
}

/// The comments of a profile's section that do not belong to the profile.
fn left_over<'t>(text: &'t str, part: &Range<usize>) -> &'t str {
    let below = &text[comments_before(text, part.end, true)..part.end];
    if part.end == text.len() {
        return below;
    }
    let touching = below.split_inclusive('\n').take_while(|line| !line.trim().is_empty());
    let apart = &below[touching.map(str::len).sum()..];
    let is_set_off = text[..part.start].lines().next_back().is_none_or(|line| line.trim().is_empty());
    if is_set_off || apart.trim().is_empty() { apart.trim_start() } else { apart }
}

/// Where the section of a table begins: at its header, or at the comments that touch it.
fn header(text: &str, item: &Item) -> Option<usize> {
    let start = item.span()?.start;
    let before = text.get(..start).filter(|_| text[start..].starts_with('['))?;
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    before[line..].trim().is_empty().then(|| comments_before(text, line, false))
}

/// Where the comments before a position begin. The last line of a multi-line string is not a comment.
fn comments_before(text: &str, place: usize, across_empty_lines: bool) -> usize {
    let mut start = place;
    while start > 0 {
        // By bytes: the text may end in the middle of a line, in a letter of several bytes.
        let before = text.as_bytes()[..start - 1].iter().rposition(|byte| *byte == b'\n');
        let line = before.map_or(0, |end| end + 1);
        let words = text[line..start].trim();
        let is_comment = words.starts_with('#') && !words.contains("\"\"\"") && !words.contains("'''");
        let is_passed = is_comment || (across_empty_lines && words.is_empty());
        if !is_passed {
            break;
        }
        start = line;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_end_in_any_letter_and_without_the_end_of_a_line() {
        let head = "default = 'a'\n[profile.a]\nurl = 'u'\n";
        for tail in ["", "#", "# ende ü", "# \u{2028}", "#\n# 🔑", "\u{2028}"] {
            let text = format!("{head}{tail}");
            let starts = vec![(14, ProfileName::parse("a").ok())];
            let (left, sections) = Sections { starts }
                .removed(&text, &ProfileName::parse("a").expect("a name"))
                .expect("it is there");
            assert_eq!(left, format!("default = 'a'\n{tail}"));
            assert_eq!(sections, Sections { starts: Vec::new() });
        }
    }
}
