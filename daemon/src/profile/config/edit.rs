//! Owns changes to the config file's text. A person's comments, order and spacing survive them. Pure.

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{Identity, SecretSource, TotpMethod};
use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, Value, value};

use super::{Config, ConfigError, Sections};
use crate::profile::Network;

/// The byte order mark that some editors of Windows begin a file with.
const MARK: char = '\u{feff}';

/// The config file's text, open for changes.
#[derive(Debug, Clone)]
pub struct ConfigText {
    document: DocumentMut,
    common: Network,
    form: Form,
}

/// What the parser drops of a text's form.
#[derive(Debug, Clone, Copy)]
struct Form {
    has_mark: bool,
    has_crlf: bool,
}

impl ConfigText {
    /// Opens a text that is a good config: nothing is written over what a person still has to mend.
    ///
    /// # Errors
    /// [`ConfigError`] with the place of the first problem.
    pub fn open(text: &str) -> Result<Self, ConfigError> {
        Self::of(text, Config::parse(text)?.network)
    }

    /// The same for a text that is known to be a good config, with this way to a server at its top.
    ///
    /// # Errors
    /// As [`ConfigText::open`].
    pub fn of(text: &str, common: Network) -> Result<Self, ConfigError> {
        let document = text.parse().map_err(|_| ConfigError::at(text, None, "the file cannot be edited"))?;
        let form = Form { has_mark: text.starts_with(MARK), has_crlf: has_only_crlf(text) };
        Ok(Self { document, common, form })
    }

    /// Opens one part of such a text, for which `common` holds; nothing where it cannot be parsed by itself.
    pub fn open_section(text: &str, common: &Network) -> Option<Self> {
        let form = Form { has_mark: text.starts_with(MARK), has_crlf: has_only_crlf(text) };
        Some(Self { document: text.parse().ok()?, common: common.clone(), form })
    }

    /// The way to a server for every profile that does not say otherwise.
    pub fn common(&self) -> &Network {
        &self.common
    }

    /// The text as the parser gives it back.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// The text with the byte order mark and the line ends of the one that was opened.
    pub fn text_as_found(&self) -> String {
        let text = match self.form.has_crlf {
            true => self.text().replace("\r\n", "\n").replace('\n', "\r\n"),
            false => self.text(),
        };
        let has_mark = text.starts_with(MARK) || !self.form.has_mark;
        if has_mark { text } else { format!("{MARK}{text}") }
    }

    /// Makes `name` the default, or takes the default away. A comment above it stays.
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

    /// Takes a profile away, and the comments that touch its table.
    pub fn remove_profile(&mut self, name: &ProfileName) {
        if let Some(document) = self.without_table(name) {
            self.document = document;
        } else if let Some(profiles) = self.document.get_mut("profile").and_then(Item::as_table_like_mut) {
            profiles.remove(name.as_str());
        }
    }

    /// The document without that table, where it has a header of its own and nothing else goes with it.
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

    /// The profile's own table, made where there is none.
    pub fn profile(&mut self, name: &ProfileName) -> ProfileText<'_> {
        let profiles = self.document.entry("profile").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let is_inline = profiles.is_inline_table();
        let item = &mut profiles[name.as_str()];
        if item.is_none() {
            // Only a value can stand between braces.
            *item = if is_inline { value(InlineTable::new()) } else { Item::Table(Table::new()) };
        }
        ProfileText { item }
    }
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

fn has_only_crlf(text: &str) -> bool {
    text.contains('\n') && text.matches('\n').count() == text.matches("\r\n").count()
}

/// One profile's table in the text.
#[derive(Debug)]
pub struct ProfileText<'t> {
    item: &'t mut Item,
}

impl ProfileText<'_> {
    /// Sets the request URL.
    pub fn set_url(&mut self, url: &str) {
        self.set("url", url);
    }

    /// Sets kind, and client ID or user name.
    pub fn set_identity(&mut self, identity: &Identity) {
        let (kind, key, other, name) = match identity {
            Identity::ApiClient(id) => ("api-client", "client_id", "username", id),
            Identity::User(name) => ("user", "username", "client_id", name),
            Identity::Basic(name) => ("basic", "username", "client_id", name),
        };
        self.set("kind", kind);
        self.set(key, name.as_str());
        self.remove(other);
    }

    /// Sets where one-time codes come from.
    pub fn set_totp(&mut self, totp: &TotpMethod) {
        self.remove("totp_command");
        match totp {
            TotpMethod::None => self.remove("totp"),
            TotpMethod::Ask => self.set("totp", "ask"),
            TotpMethod::Stored => self.set("totp", "stored"),
            TotpMethod::Command(line) => {
                self.set("totp", "command");
                self.set("totp_command", line.iter().collect::<Array>());
            }
        }
    }

    /// Sets where the secret rests.
    pub fn set_secret_source(&mut self, location: &SecretSource) {
        for key in ["secret_command", "secret_file", "secret_credential"] {
            self.remove(key);
        }
        let (word, detail): (_, Option<(_, Value)>) = match location {
            SecretSource::Keyring => ("keyring", None),
            SecretSource::Memory => ("memory", None),
            SecretSource::Command(line) => {
                ("command", Some(("secret_command", line.iter().collect::<Array>().into())))
            }
            SecretSource::File(path) => ("file", Some(("secret_file", path.into()))),
            SecretSource::Credential(name) => ("credential", Some(("secret_credential", name.into()))),
        };
        self.set("secret_source", word);
        if let Some((key, value)) = detail {
            self.set(key, value);
        }
    }

    /// Sets the proxy. An empty address takes the common one away; without one, the common one holds.
    pub fn set_proxy(&mut self, address: Option<&str>) {
        self.set_or_remove("proxy", address);
    }

    /// Sets the hosts that are asked without the proxy; without them, the common ones hold.
    pub fn set_no_proxy(&mut self, hosts: Option<&[String]>) {
        self.set_or_remove("no_proxy", hosts.map(|hosts| hosts.iter().collect::<Array>()));
    }

    /// Sets the CA bundle. An empty path takes the common one away; without one, the common one holds.
    pub fn set_ca_bundle(&mut self, path: Option<&str>) {
        self.set_or_remove("ca_bundle", path);
    }

    /// Allows `http` to a loopback address, or forbids it.
    pub fn set_insecure_http(&mut self, allowed: bool) {
        if allowed { self.set("insecure_http", true) } else { self.remove("insecure_http") }
    }

    /// Sets the further origins.
    pub fn set_also_for(&mut self, origins: &[String]) {
        let origins = Some(origins).filter(|origins| !origins.is_empty());
        self.set_or_remove("also_for", origins.map(|origins| origins.iter().collect::<Array>()));
    }

    fn set_or_remove(&mut self, key: &str, new: Option<impl Into<Value>>) {
        match new {
            Some(new) => self.set(key, new),
            None => self.remove(key),
        }
    }

    fn set(&mut self, key: &str, new: impl Into<Value>) {
        let item = &mut self.item[key];
        let mut new = new.into();
        if let Some(old) = item.as_value() {
            *new.decor_mut() = old.decor().clone();
        }
        *item = Item::Value(new);
    }

    fn remove(&mut self, key: &str) {
        if let Some(table) = self.item.as_table_like_mut() {
            table.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ProfileName {
        ProfileName::parse(text).expect("a name")
    }

    #[test]
    fn comments_and_order_survive_every_change() {
        let text = "# mine\ndefault = \"b\" # why\n\n[profile.b]\n# note\nurl = \"https://b.example\" # here\nclient_id = \"k\"\n";
        let mut config = ConfigText::open(text).expect("good");
        config.profile(&name("b")).set_url("https://c.example");
        let expected = text.replace("https://b.example", "https://c.example");
        assert_eq!(config.text(), expected);
    }

    #[test]
    fn a_new_profile_in_an_empty_file_reads_back_and_can_be_taken_away() {
        let mut config = ConfigText::open("").expect("empty");
        let mut profile = config.profile(&name("a.b"));
        profile.set_url("https://a.example");
        profile.set_identity(&Identity::ApiClient("key-1".into()));
        profile.set_secret_source(&SecretSource::Memory);
        profile.set_also_for(&["https://g.example".into()]);
        config.set_default(Some(&name("a.b")));
        let read = Config::parse(&config.text()).expect("reads back");
        assert_eq!(read.default, Some(name("a.b")));
        assert_eq!(read.profiles[&name("a.b")].also_for.len(), 1);
        config.remove_profile(&name("a.b"));
        config.set_default(None);
        assert!(Config::parse(&config.text()).expect("reads back").profiles.is_empty());
    }
}
