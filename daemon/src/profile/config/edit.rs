//! Owns changes to the config file's text. A person's comments, order and spacing survive them. Pure.

use std::collections::BTreeMap;

use cp_token_protocol::ProfileName;
use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, Value, value};

use super::Sections;
use super::values::{network_values, own_values};
use crate::profile::{Network, Profile};

/// Some editors on Windows write this first.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The config file's text, open for changes.
#[derive(Debug, Clone)]
pub struct ConfigText {
    document: DocumentMut,
    common: Network,
    /// What the parser does not keep.
    has_mark: bool,
    has_crlf: bool,
}

impl ConfigText {
    /// Opens a valid text, or a section of one, below a head that sets `common`; nothing where it cannot be edited.
    pub fn open(text: &str, common: &Network) -> Option<Self> {
        let has_crlf = text.contains('\n') && text.matches('\n').count() == text.matches("\r\n").count();
        let has_mark = text.starts_with(BYTE_ORDER_MARK);
        Some(Self { document: text.parse().ok()?, common: common.clone(), has_mark, has_crlf })
    }

    /// The text as the parser gives it back.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// The text with the byte order mark and the line ends of the one that was opened.
    pub fn text_as_found(&self) -> String {
        let text = match self.has_crlf {
            true => self.text().replace("\r\n", "\n").replace('\n', "\r\n"),
            false => self.text(),
        };
        let has_mark = text.starts_with(BYTE_ORDER_MARK) || !self.has_mark;
        if has_mark { text } else { format!("{BYTE_ORDER_MARK}{text}") }
    }

    /// Makes `name` the default, or removes the default. A comment above it stays.
    pub fn set_default(&mut self, name: Option<&ProfileName>) {
        if let Some(name) = name {
            self.document["default"] = value(name.as_str());
        } else if let Some(document) = self.without_default() {
            self.document = document;
        }
    }

    fn without_default(&self) -> Option<DocumentMut> {
        let text = self.text();
        let document = Document::parse(text.as_str()).ok()?;
        let (key, item) = document.get_key_value("default")?;
        let (before, rest) = (&text[..key.span()?.start], &text[item.span()?.end..]);
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let below = rest.split_once('\n').map_or("", |(_, below)| below);
        [&before[..line], below].concat().parse().ok()
    }

    /// Removes a profile, and the comments that touch its table.
    pub fn remove_profile(&mut self, name: &ProfileName) {
        if let Some(document) = self.without_table(name) {
            self.document = document;
        } else if let Some(profiles) = self.document.get_mut("profile").and_then(Item::as_table_like_mut) {
            profiles.remove(name.as_str());
        }
    }

    /// The document without that table, where the table has its own header and nothing else is removed with it.
    fn without_table(&self, name: &ProfileName) -> Option<DocumentMut> {
        let text = self.text();
        let document = Document::parse(text.as_str()).ok()?;
        let (left, _) = Sections::under_headers(&text, &document)?.removed(&text, name)?;
        let left: DocumentMut = left.parse().ok()?;
        let names = |document: &DocumentMut| {
            let profiles = document.get("profile").and_then(Item::as_table_like);
            profiles.map_or(Vec::new(), |table| table.iter().map(|(name, _)| name.to_owned()).collect())
        };
        let mut expected = names(&self.document);
        expected.retain(|other| other != name.as_str());
        (names(&left) == expected).then_some(left)
    }

    /// Writes the keys that differ from those of `old`, and for a new profile those that the top of the file does not set.
    pub fn write_profile(&mut self, old: Option<&Profile>, new: &Profile) {
        let common = self.common.clone();
        let old_network = old.map_or(&common, |old| &old.network);
        let old_values = old.map(own_values).into_iter().flatten();
        let old_values = old_values.chain(network_values(old_network, &common));
        let old_texts: BTreeMap<_, _> = old_values.map(|(key, value)| (key, text(value.as_ref()))).collect();
        let table = self.table(&new.name);
        for (key, value) in own_values(new).into_iter().chain(network_values(&new.network, &common)) {
            if text(value.as_ref()) != *old_texts.get(key).unwrap_or(&None) {
                set(table, key, value);
            }
        }
    }

    /// The profile's own table, made where there is none.
    fn table(&mut self, name: &ProfileName) -> &mut Item {
        let profiles = self.document.entry("profile").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let is_inline = profiles.is_inline_table();
        let item = &mut profiles[name.as_str()];
        if item.is_none() {
            // An inline table holds only values.
            *item = if is_inline { value(InlineTable::new()) } else { Item::Table(Table::new()) };
        }
        item
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.map(ToString::to_string)
}

/// Sets the key to the value and keeps the comments around it, or removes the key.
fn set(table: &mut Item, key: &str, new: Option<Value>) {
    let Some(mut new) = new else {
        if let Some(table) = table.as_table_like_mut() {
            table.remove(key);
        }
        return;
    };
    let item = &mut table[key];
    if let Some(old) = item.as_value() {
        *new.decor_mut() = old.decor().clone();
    }
    *item = Item::Value(new);
}

/// A profile of a config file as the lines of a table, which can stand at the end of any config file.
pub fn lines_of(text: &str, name: &ProfileName) -> Option<Vec<String>> {
    let document: DocumentMut = text.parse().ok()?;
    let profile = document.get("profile")?.get(name.as_str())?.as_table_like()?;
    let mut lines = vec![format!("[profile.{}]", toml_edit::Key::new(name.as_str()))];
    for (key, item) in profile.iter() {
        let mut value = item.as_value()?.clone();
        value.decor_mut().clear();
        let line = format!("{} = {}", toml_edit::Key::new(key), value.to_string().trim());
        lines.push(line.replace(['\r', '\n'], " "));
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::config::Config;
    use crate::profile::request_url::RequestUrl;

    fn name(text: &str) -> ProfileName {
        ProfileName::parse(text).expect("a name")
    }

    const TEXT: &str = "# mine\ndefault = \"b\" # why\n\n[profile.b]\n# note\nurl = \"https://b.example\" # here\nclient_id = \"k\"\n";

    fn profile() -> Profile {
        (*Config::parse(TEXT).expect("good").profiles[&name("b")]).clone()
    }

    fn url(text: &str) -> RequestUrl {
        RequestUrl::parse(text, false).expect("a URL")
    }

    #[test]
    fn comments_and_order_survive_every_change() {
        let (mut config, old) = (ConfigText::open(TEXT, &Network::default()).expect("good"), profile());
        config.write_profile(Some(&old), &Profile { url: url("https://c.example"), ..old.clone() });
        assert_eq!(config.text(), TEXT.replace("https://b.example", "https://c.example"));
    }

    #[test]
    fn a_new_profile_in_an_empty_file_reads_back_and_can_be_taken_away() {
        let mut config = ConfigText::open("", &Network::default()).expect("empty");
        let also_for = vec![url("https://g.example")];
        config.write_profile(None, &Profile { name: name("a.b"), also_for, ..profile() });
        config.set_default(Some(&name("a.b")));
        let read = Config::parse(&config.text()).expect("reads back");
        assert_eq!(read.default, Some(name("a.b")));
        assert_eq!(read.profiles[&name("a.b")].also_for.len(), 1);
        config.remove_profile(&name("a.b"));
        config.set_default(None);
        assert!(Config::parse(&config.text()).expect("reads back").profiles.is_empty());
    }
}
