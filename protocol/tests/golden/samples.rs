//! Owns the messages that are recorded: at least one for every variant of every enum, with integers on both
//! sides of each step of their encoding. They say nothing about bytes.

use cp_token_protocol::message::{
    AccessTokenRequest, Demand, ForgetScope, Identity, ProfileCreate, ProfileResetSecret, ProfileSelector,
    ProfileUpdate, Request, SecretSourceKind,
};
use cp_token_protocol::{AccessToken, ProfileName, Secret};

pub(crate) const URL: &str = "https://console.us2.crashplan.com";

/// Every recorded request, by the name of its file.
pub(crate) fn requests() -> Vec<(&'static str, Request)> {
    let mut all = access_tokens();
    all.extend(profile_changes());
    all.extend([
        ("request-status", Request::Status),
        ("request-forget-all", Request::Forget(ForgetScope::All)),
        ("request-forget-profile", Request::Forget(ForgetScope::Profile(named("prod")))),
        ("request-profile-list", Request::ProfileList),
        ("request-profile-delete", Request::ProfileDelete(name("prod"))),
        ("request-profile-use", Request::ProfileUse(name("prod"))),
        ("request-reload", Request::Reload),
        ("request-stop", Request::Stop),
    ]);
    all
}

pub(crate) fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).unwrap()
}

pub(crate) fn token() -> AccessToken {
    AccessToken::copy_of(b"example-token").unwrap()
}

fn named(text: &str) -> ProfileSelector {
    ProfileSelector::Named(name(text))
}

fn access_tokens() -> Vec<(&'static str, Request)> {
    let ask = |profile, demand, min_validity_ms, timeout_ms| {
        Request::AccessToken(AccessTokenRequest { profile, demand, min_validity_ms, timeout_ms })
    };
    let by_url = ProfileSelector::Url(URL.to_owned());
    vec![
        ("request-access-token", ask(ProfileSelector::Default, Demand::Valid, None, 30_000)),
        ("request-access-token-rejected", ask(named("prod"), Demand::Rejected(token()), Some(90_000), 250)),
        ("request-access-token-fresh", ask(by_url, Demand::Fresh, Some(0), 251)),
    ]
}

fn profile_changes() -> Vec<(&'static str, Request)> {
    let reset = ProfileResetSecret { name: name("prod"), secret: secret(), verify: true };
    vec![
        ("request-profile-create", Request::ProfileCreate(create_in_keyring())),
        ("request-profile-create-in-memory", Request::ProfileCreate(create_in_memory())),
        ("request-profile-update", Request::ProfileUpdate(update_of_everything())),
        ("request-profile-update-of-nothing", Request::ProfileUpdate(update_of_nothing())),
        ("request-profile-reset-secret", Request::ProfileResetSecret(reset)),
    ]
}

fn create_in_keyring() -> ProfileCreate {
    ProfileCreate {
        name: name("prod"),
        url: URL.to_owned(),
        identity: client(),
        secret_source: SecretSourceKind::Keyring,
        secret: secret(),
        ca_bundle: None,
        insecure_http: false,
        verify: true,
    }
}

fn create_in_memory() -> ProfileCreate {
    ProfileCreate {
        name: name("a.b_c-9"),
        url: "http://localhost:8443".to_owned(),
        secret_source: SecretSourceKind::Memory,
        ca_bundle: Some("/etc/ssl/töst.pem".to_owned()),
        insecure_http: true,
        verify: false,
        ..create_in_keyring()
    }
}

fn update_of_everything() -> ProfileUpdate {
    ProfileUpdate {
        name: name("prod"),
        url: Some(URL.to_owned()),
        identity: Some(client()),
        secret_source: Some(SecretSourceKind::Memory),
        secret: Some(secret()),
        ca_bundle: Some(String::new()),
        insecure_http: Some(true),
        also_for: vec!["https://a.example".to_owned(), "https://b.example:8443".to_owned()],
        not_for: vec!["https://c.example".to_owned()],
        verify: true,
    }
}

fn update_of_nothing() -> ProfileUpdate {
    ProfileUpdate {
        name: name("prod"),
        url: None,
        identity: None,
        secret_source: None,
        secret: None,
        ca_bundle: None,
        insecure_http: None,
        also_for: vec![],
        not_for: vec![],
        verify: false,
    }
}

pub(crate) fn client() -> Identity {
    Identity::ApiClient("key-4b1c2f".to_owned())
}

fn secret() -> Secret {
    Secret::copy_of(b"correct horse")
}
