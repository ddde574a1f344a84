//! Owns the messages that are recorded: at least one for every variant of every enum, with integers on both sides of each
//! step of their encoding.

use cp_token_protocol::message::{
    AccessTokenRequest, DoctorRequest, ExternalKeyringItem, ForgetScope, Freshness, Identity, LockRequest,
    LogRequest, OriginSelector, ProfileCreate, ProfileListRequest, ProfileResetSecret, ProfileSelector,
    ProfileUpdate, Request, SecretParts, SecretSource, TotpMethod,
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
        ("request-profile-list", Request::ProfileList(ProfileListRequest { after: None })),
        (
            "request-profile-list-after",
            Request::ProfileList(ProfileListRequest { after: Some(name("prod")) }),
        ),
        ("request-profile-show", Request::ProfileShow(named("prod"))),
        ("request-profile-delete", Request::ProfileDelete(name("prod"))),
        ("request-profile-use", Request::ProfileUse(name("prod"))),
        ("request-reload", Request::Reload),
        ("request-stop", Request::Stop),
        ("request-restart", Request::Restart),
        ("request-lock", Request::Lock(LockRequest { passphrase: secret(), on_suspend: false })),
        ("request-lock-on-suspend", Request::Lock(LockRequest { passphrase: secret(), on_suspend: true })),
        ("request-unlock", Request::Unlock(secret())),
        ("request-disarm-suspend-lock", Request::DisarmSuspendLock),
        ("request-log", Request::Log(LogRequest { limit: 50, before: None })),
        ("request-log-before", Request::Log(LogRequest { limit: 251, before: Some(70_000) })),
        ("request-doctor", Request::Doctor(DoctorRequest { profile: None, after: None })),
        (
            "request-doctor-profile",
            Request::Doctor(DoctorRequest { profile: Some(name("prod")), after: None }),
        ),
        ("request-doctor-after", Request::Doctor(DoctorRequest { profile: None, after: Some(name("prod")) })),
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

fn for_origin(narrowed: Option<&str>) -> ProfileSelector {
    ProfileSelector::Origin(OriginSelector {
        url: URL.to_owned(),
        profile: narrowed.map(name),
        username: narrowed.map(str::to_owned),
        preferred: narrowed.map(name),
    })
}

fn access_tokens() -> Vec<(&'static str, Request)> {
    let ask = |profile, freshness, min_validity_ms, timeout_ms| {
        let (code, accepts_basic, retries) = (None, false, false);
        Request::AccessToken(AccessTokenRequest {
            profile,
            freshness,
            min_validity_ms,
            timeout_ms,
            code,
            accepts_basic,
            retries,
        })
    };
    let with_code = Request::AccessToken(AccessTokenRequest {
        profile: named("jo"),
        freshness: Freshness::Valid,
        min_validity_ms: None,
        timeout_ms: 30_000,
        code: Some(code()),
        accepts_basic: true,
        retries: true,
    });
    let by_url = ProfileSelector::Url(URL.to_owned());
    vec![
        ("request-access-token", ask(ProfileSelector::Default, Freshness::Valid, None, 30_000)),
        (
            "request-access-token-rejected",
            ask(named("prod"), Freshness::Rejected(token()), Some(90_000), 250),
        ),
        ("request-access-token-fresh", ask(by_url, Freshness::Fresh, Some(0), 251)),
        ("request-access-token-with-code", with_code),
        ("request-access-token-origin", ask(for_origin(None), Freshness::Valid, None, 30_000)),
        (
            "request-access-token-origin-narrowed",
            ask(for_origin(Some("prod")), Freshness::Valid, None, 30_000),
        ),
    ]
}

fn profile_changes() -> Vec<(&'static str, Request)> {
    let reset = ProfileResetSecret {
        name: name("prod"),
        secret: only_secret(),
        verify: true,
        code: None,
        dry_run: false,
    };
    let with_code = ProfileResetSecret { secret: all_parts(), code: Some(code()), ..reset_secret() };
    vec![
        ("request-profile-create", Request::ProfileCreate(create_in_keyring())),
        ("request-profile-create-in-memory", Request::ProfileCreate(create_in_memory())),
        ("request-profile-update", Request::ProfileUpdate(update_of_everything())),
        ("request-profile-update-of-nothing", Request::ProfileUpdate(update_of_nothing())),
        ("request-profile-create-user", Request::ProfileCreate(create_user())),
        ("request-profile-create-basic", Request::ProfileCreate(create_basic())),
        ("request-profile-create-from-command", Request::ProfileCreate(create_from_command())),
        ("request-profile-create-from-credential", Request::ProfileCreate(create_from_credential())),
        ("request-profile-create-from-external-item", Request::ProfileCreate(create_from_external_item())),
        ("request-profile-reset-secret", Request::ProfileResetSecret(reset)),
        ("request-profile-reset-secret-with-code", Request::ProfileResetSecret(with_code)),
    ]
}

fn create_in_keyring() -> ProfileCreate {
    ProfileCreate {
        name: name("prod"),
        url: URL.to_owned(),
        identity: client(),
        secret_source: SecretSource::Keyring,
        secret: only_secret(),
        ca_bundle: None,
        insecure_http: false,
        verify: true,
        totp: TotpMethod::None,
        code: None,
        proxy: None,
        no_proxy: vec![],
        external_item: None,
        dry_run: false,
    }
}

fn create_from_external_item() -> ProfileCreate {
    let item = ExternalKeyringItem {
        service: "crashplancli::A Person".to_owned(),
        username: "jo@example.com".to_owned(),
    };
    ProfileCreate {
        identity: Identity::User("jo@example.com".to_owned()),
        secret: SecretParts::default(),
        external_item: Some(item),
        dry_run: true,
        ..create_in_keyring()
    }
}

fn create_user() -> ProfileCreate {
    ProfileCreate {
        name: name("jo"),
        identity: Identity::User("jo@example.com".to_owned()),
        secret: all_parts(),
        totp: TotpMethod::Stored,
        proxy: Some("http://jo@proxy.example:3128".to_owned()),
        no_proxy: vec!["localhost".to_owned(), "10.0.0.0/8".to_owned()],
        ..create_in_keyring()
    }
}

fn create_basic() -> ProfileCreate {
    ProfileCreate {
        name: name("old"),
        identity: Identity::Basic("jo@example.com".to_owned()),
        secret_source: SecretSource::File("/run/secrets/crashplan".to_owned()),
        secret: SecretParts::default(),
        ..create_in_keyring()
    }
}

fn create_from_command() -> ProfileCreate {
    let line = ["/usr/bin/pass", "show", "crash plan"].map(str::to_owned).to_vec();
    ProfileCreate {
        identity: Identity::User("jo@example.com".to_owned()),
        secret_source: SecretSource::Command(line),
        secret: SecretParts::default(),
        totp: TotpMethod::Command(vec!["/usr/bin/oathtool".to_owned()]),
        ..create_in_keyring()
    }
}

fn create_from_credential() -> ProfileCreate {
    ProfileCreate {
        identity: Identity::User("jo@example.com".to_owned()),
        secret_source: SecretSource::Credential("crashplan".to_owned()),
        secret: SecretParts::default(),
        totp: TotpMethod::Ask,
        code: Some(code()),
        ..create_in_keyring()
    }
}

fn create_in_memory() -> ProfileCreate {
    ProfileCreate {
        name: name("a.b_c-9"),
        url: "http://localhost:8443".to_owned(),
        secret_source: SecretSource::Memory,
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
        secret_source: Some(SecretSource::Memory),
        secret: all_parts(),
        ca_bundle: Some(String::new()),
        insecure_http: Some(true),
        also_for: vec!["https://a.example".to_owned(), "https://b.example:8443".to_owned()],
        not_for: vec!["https://c.example".to_owned()],
        verify: true,
        totp: Some(TotpMethod::Ask),
        code: Some(code()),
        proxy: Some(String::new()),
        no_proxy: Some(vec!["localhost".to_owned()]),
        dry_run: true,
    }
}

fn update_of_nothing() -> ProfileUpdate {
    ProfileUpdate {
        name: name("prod"),
        url: None,
        identity: None,
        secret_source: None,
        secret: SecretParts::default(),
        ca_bundle: None,
        insecure_http: None,
        also_for: vec![],
        not_for: vec![],
        verify: false,
        totp: None,
        code: None,
        proxy: None,
        no_proxy: None,
        dry_run: false,
    }
}

pub(crate) fn client() -> Identity {
    Identity::ApiClient("key-4b1c2f".to_owned())
}

fn reset_secret() -> ProfileResetSecret {
    ProfileResetSecret {
        name: name("prod"),
        secret: SecretParts::default(),
        verify: false,
        code: None,
        dry_run: true,
    }
}

fn only_secret() -> SecretParts {
    SecretParts { secret: Some(secret()), ..SecretParts::default() }
}

fn all_parts() -> SecretParts {
    SecretParts { totp_seed: Some(secret()), proxy_password: Some(secret()), ..only_secret() }
}

fn secret() -> Secret {
    Secret::copy_of(b"correct horse")
}

fn code() -> Secret {
    Secret::copy_of(b"123456")
}
