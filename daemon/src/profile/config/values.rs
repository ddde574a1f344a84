//! Owns the keys and values that describe a profile in the config file. Pure.

use std::path::Path;

use cp_token_protocol::message::{Identity, SecretSource, TotpMethod};
use toml_edit::{Array, Value};

use crate::profile::{Network, Profile};

/// A key of a profile's table and its value; no value where the key is left out.
pub(super) type KeyValue = (&'static str, Option<Value>);

/// The keys of the profile in the order in which they are written, but for its proxy and CA settings.
pub(super) fn own_values(profile: &Profile) -> [KeyValue; 12] {
    let (kind, client_id, username) = match &profile.identity {
        Identity::ApiClient(id) => ("api-client", Some(id), None),
        Identity::User(name) => ("user", None, Some(name)),
        Identity::Basic(name) => ("basic", None, Some(name)),
    };
    let (totp, totp_command) = match &profile.totp {
        TotpMethod::None => (None, None),
        TotpMethod::Ask => (Some("ask"), None),
        TotpMethod::Stored => (Some("stored"), None),
        TotpMethod::Command(line) => (Some("command"), Some(line)),
    };
    let (source, command, file, credential) = match &profile.secret_source {
        SecretSource::Keyring => ("keyring", None, None, None),
        SecretSource::Memory => ("memory", None, None, None),
        SecretSource::Command(line) => ("command", Some(line), None, None),
        SecretSource::File(path) => ("file", None, Some(path), None),
        SecretSource::Credential(name) => ("credential", None, None, Some(name)),
    };
    let origins = Some(&profile.also_for).filter(|origins| !origins.is_empty());
    [
        ("kind", Some(kind.into())),
        ("client_id", client_id.map(Into::into)),
        ("username", username.map(Into::into)),
        ("url", Some(profile.url.as_str().into())),
        ("totp", totp.map(Into::into)),
        ("totp_command", totp_command.map(|line| list(line))),
        ("secret_source", Some(source.into())),
        ("secret_command", command.map(|line| list(line))),
        ("secret_file", file.map(Into::into)),
        ("secret_credential", credential.map(Into::into)),
        ("insecure_http", profile.insecure_http.then(|| true.into())),
        (
            "also_for",
            origins.map(|origins| origins.iter().map(|origin| origin.as_str()).collect::<Array>().into()),
        ),
    ]
}

/// The proxy and CA settings. An empty value takes away what `common`, the top of the file, sets.
pub(super) fn network_values(network: &Network, common: &Network) -> [KeyValue; 3] {
    let empty = |is_common: bool| is_common.then(|| "".into());
    let bundle = network.ca_bundle.as_deref().and_then(Path::to_str).map(Into::into);
    let proxy = network.proxy.as_ref().map(|proxy| proxy.to_string().into());
    let has_hosts = !network.no_proxy.is_empty() || !common.no_proxy.is_empty();
    [
        ("ca_bundle", bundle.or_else(|| empty(common.ca_bundle.is_some()))),
        ("proxy", proxy.or_else(|| empty(common.proxy.is_some()))),
        ("no_proxy", has_hosts.then(|| list(&network.no_proxy))),
    ]
}

fn list(texts: &[String]) -> Value {
    texts.iter().collect::<Array>().into()
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::ProfileName;

    use super::*;
    use crate::profile::config::{Config, ConfigText};
    use crate::profile::proxy::ProxyUrl;

    const TOP: &str = "proxy = \"http://top:1\"\nca_bundle = \"/top.pem\"\nno_proxy = [\"localhost\"]\n";

    fn network(proxy: Option<&str>, bundle: Option<&str>, hosts: &[&str]) -> Network {
        Network {
            ca_bundle: bundle.map(Into::into),
            proxy: proxy.map(|address| ProxyUrl::parse(address).unwrap()),
            no_proxy: hosts.iter().map(|&host| host.to_owned()).collect(),
        }
    }

    /// What is added to the table of a profile when its network becomes `new`; it reads back as `new`.
    fn written(top: &str, new: &Network) -> String {
        let table = "[profile.p]\nurl = \"https://a.example\"\nclient_id = \"k\"\n";
        let name = ProfileName::parse("p").unwrap();
        let config = Config::parse(&format!("{top}{table}")).unwrap();
        let mut text = ConfigText::open(&format!("{top}{table}"), &config.network).unwrap();
        let old = (*config.profiles[&name]).clone();
        text.write_profile(Some(&old), &Profile { network: new.clone(), ..old.clone() });
        assert_eq!(Config::parse(&text.text()).unwrap().profiles[&name].network, *new);
        text.text().replace(&format!("{top}{table}"), "")
    }

    #[test]
    fn what_the_top_of_the_file_says_is_not_repeated_and_can_be_taken_away() {
        let common = network(Some("http://top:1"), Some("/top.pem"), &["localhost"]);
        assert_eq!(written(TOP, &common), "");
        let nothing = Network::default();
        assert_eq!(written(TOP, &nothing), "ca_bundle = \"\"\nproxy = \"\"\nno_proxy = []\n");
        let own = network(Some("http://own:2"), Some("/top.pem"), &["localhost"]);
        assert_eq!(written(TOP, &own), "proxy = \"http://own:2\"\n");
    }

    #[test]
    fn without_anything_at_the_top_nothing_is_written_for_nothing() {
        assert_eq!(written("", &Network::default()), "");
        let own = network(Some("http://jo@own:2"), None, &["*"]);
        assert_eq!(written("", &own), "proxy = \"http://jo@own:2\"\nno_proxy = [\"*\"]\n");
    }
}
