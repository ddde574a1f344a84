//! Owns how a profile is written into the config file's text, and which of its changes ask for a new proof. Pure.

use std::path::Path;

use crate::profile::config::edit::ProfileText;
use crate::profile::{Network, Profile};

/// Whether a token request of the changed profile differs from one of the old.
pub(super) fn asks_differently(old: &Profile, new: &Profile) -> bool {
    old.secret_key() != new.secret_key()
        || old.secret_source != new.secret_source
        || old.totp != new.totp
        || old.network != new.network
}

/// Writes all of a new profile that is not said at the top of the file, in `common`.
pub(super) fn describe(text: &mut ProfileText<'_>, common: &Network, profile: &Profile) {
    text.set_identity(&profile.identity);
    text.set_url(profile.url.as_str());
    text.set_totp(&profile.totp);
    text.set_secret_source(&profile.secret_source);
    text.set_insecure_http(profile.insecure_http);
    describe_network(text, common, common, &profile.network);
}

/// Writes only what has changed: what a person left out of the file stays out of it.
pub(super) fn redescribe(text: &mut ProfileText<'_>, common: &Network, old: &Profile, new: &Profile) {
    if old.identity != new.identity {
        text.set_identity(&new.identity);
    }
    if old.url != new.url {
        text.set_url(new.url.as_str());
    }
    if old.totp != new.totp {
        text.set_totp(&new.totp);
    }
    if old.secret_source != new.secret_source {
        text.set_secret_source(&new.secret_source);
    }
    if old.insecure_http != new.insecure_http {
        text.set_insecure_http(new.insecure_http);
    }
    if old.also_for != new.also_for {
        text.set_also_for(&new.also_for.iter().map(ToString::to_string).collect::<Vec<_>>());
    }
    describe_network(text, common, &old.network, &new.network);
}

/// What is taken away is written as empty where the top of the file would put something in its place.
fn describe_network(text: &mut ProfileText<'_>, common: &Network, old: &Network, new: &Network) {
    let nothing = |is_common: bool| is_common.then_some("");
    if old.ca_bundle != new.ca_bundle {
        let path = new.ca_bundle.as_deref().and_then(Path::to_str);
        text.set_ca_bundle(path.or(nothing(common.ca_bundle.is_some())));
    }
    if old.proxy != new.proxy {
        let address = new.proxy.as_ref().map(ToString::to_string);
        text.set_proxy(address.as_deref().or(nothing(common.proxy.is_some())));
    }
    if old.no_proxy != new.no_proxy {
        let is_said = !new.no_proxy.is_empty() || !common.no_proxy.is_empty();
        text.set_no_proxy(is_said.then_some(new.no_proxy.as_slice()));
    }
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::ProfileName;

    use super::*;
    use crate::profile::config::Config;
    use crate::profile::config::edit::ConfigText;
    use crate::profile::proxy::ProxyUrl;

    const TOP: &str = "proxy = \"http://top:1\"\nca_bundle = \"/top.pem\"\nno_proxy = [\"localhost\"]\n";

    fn network(proxy: Option<&str>, bundle: Option<&str>, hosts: &[&str]) -> Network {
        Network {
            ca_bundle: bundle.map(Into::into),
            proxy: proxy.map(|address| ProxyUrl::parse(address).unwrap()),
            no_proxy: hosts.iter().map(|&host| host.to_owned()).collect(),
        }
    }

    /// What the table of a profile says after its network became `new`; it reads back as `new`.
    fn written(top: &str, new: &Network) -> String {
        let table = "[profile.p]\nurl = \"https://a.example\"\nclient_id = \"k\"\n";
        let name = ProfileName::parse("p").unwrap();
        let mut text = ConfigText::open(&format!("{top}{table}")).unwrap();
        let common = text.common().clone();
        describe_network(&mut text.profile(&name), &common, &common, new);
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
