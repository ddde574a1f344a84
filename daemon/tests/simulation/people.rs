//! Owns the profiles of the simulated worlds.

use std::sync::{Arc, LazyLock};

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{Identity, SecretLocation, TotpMethod};
use cp_tokend::profile::{Network, Profile};
use cp_tokend::request_url::RequestUrl;

/// An API client.
pub(crate) static CLIENT: LazyLock<Arc<Profile>> = LazyLock::new(|| client("a"));

/// An API client of that name.
pub(crate) fn client(name: &str) -> Arc<Profile> {
    Arc::new(profile(name, Identity::ApiClient("key-1".to_owned()), TotpMethod::None))
}

/// A user of that name, with one-time codes.
pub(crate) fn user(name: &str, totp: TotpMethod) -> Arc<Profile> {
    Arc::new(profile(name, Identity::User("jo@example.com".to_owned()), totp))
}

fn profile(name: &str, identity: Identity, totp: TotpMethod) -> Profile {
    Profile {
        name: ProfileName::parse(name).expect("a name"),
        url: RequestUrl::parse("https://console.example.com", false).expect("a request URL"),
        identity,
        totp,
        secret_source: SecretLocation::Memory,
        network: Network::default(),
        insecure_http: false,
        also_for: Vec::new(),
    }
}
