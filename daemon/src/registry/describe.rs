//! Owns how a profile is written into the config file's text, and which of its changes ask for a new proof. Pure.

use std::path::Path;

use crate::config::edit::ProfileText;
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
