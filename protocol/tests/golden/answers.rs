//! Owns the responses that are recorded, as `samples.rs` owns the requests.

use cp_token_protocol::message::{
    AuthScheme, Identity, KeyringReport, ProfilePage, ProfileReport, ProtectionReport, ProtectionState,
    Response, SecretSource, SecretState, StatusReport, TokenResponse, TokenState, TotpMethod,
};
use cp_token_protocol::{AccessToken, ErrorCode, Failure};

use crate::samples::{URL, client, name, token};

/// Every recorded response, by the name of its file.
pub(crate) fn responses() -> Vec<(&'static str, Response)> {
    let done = ["the token of profile prod was dropped".to_owned()];
    let mut all = vec![
        ("response-working", Response::Working),
        ("response-token", Response::Token(token_response(token()))),
        ("response-token-long", Response::Token(token_response(long_token()))),
        ("response-token-basic", Response::Token(basic())),
        ("response-profiles", Response::Profiles(page(profiles(), Some("e")))),
        ("response-profiles-none", Response::Profiles(page(vec![], None))),
        ("response-profile", Response::Profile(Box::new(profile(b'a', TokenState::Absent)))),
        ("response-done", Response::Done(done.to_vec())),
        ("response-done-without-words", Response::Done(vec![])),
        ("response-failure", Response::Failure(unknown_profile())),
        ("response-failure-to-be-tried-again", Response::Failure(busy())),
        ("response-status", Response::Status(status(KeyringReport::Working))),
        ("response-status-locked", Response::Status(locked_status())),
    ];
    all.extend(crate::findings::responses());
    all.extend(keyrings().map(|(name, keyring)| (name, Response::Status(bare_status(keyring)))));
    all
}

fn token_response(access_token: AccessToken) -> TokenResponse {
    TokenResponse {
        access_token: access_token.into(),
        expires_in_ms: 839_000,
        expires_at: 1_800_000_839,
        profile: name("prod"),
        url: URL.to_owned(),
        scheme: AuthScheme::Bearer,
    }
}

fn basic() -> TokenResponse {
    TokenResponse { scheme: AuthScheme::Basic, ..token_response(token()) }
}

/// One byte more than a length of one byte can express.
fn long_token() -> AccessToken {
    AccessToken::copy_of(&[b'a'; 251]).unwrap()
}

fn unknown_profile() -> Failure {
    Failure::new(ErrorCode::UNKNOWN_PROFILE, "there is no profile staging")
        .with_hint("See `cp-token profile list`")
}

fn busy() -> Failure {
    let wait = std::time::Duration::from_secs(65);
    Failure::new(ErrorCode::SERVER_BUSY, "the server asks for patience").with_retry_after(wait)
}

fn keyrings() -> impl Iterator<Item = (&'static str, KeyringReport)> {
    [
        ("response-status-keyring-untried", KeyringReport::Untried),
        ("response-status-keyring-working", KeyringReport::Working),
        ("response-status-keyring-unavailable", KeyringReport::Unavailable),
        ("response-status-keyring-locked", KeyringReport::Locked),
        ("response-status-keyring-denied", KeyringReport::Denied),
        ("response-status-keyring-timed-out", KeyringReport::TimedOut),
    ]
    .into_iter()
}

fn status(keyring: KeyringReport) -> StatusReport {
    let protection = |name: &str, state, detail: &str| ProtectionReport {
        name: name.to_owned(),
        state,
        detail: detail.to_owned(),
    };
    StatusReport {
        version: "0.1.0".to_owned(),
        protocol: 1,
        pid: 70_000,
        uptime_s: 65_536,
        socket: "/run/user/1000/cp-token/daemon.sock".to_owned(),
        config_file: "/home/kim/.config/cp-token/config.toml".to_owned(),
        config_problem: Some("line 3, column 7: a string is missing its end".to_owned()),
        keyring,
        protections: vec![
            protection("no core dumps", ProtectionState::On, ""),
            protection("locked memory", ProtectionState::Off, "3 of 14"),
            protection("sealed executable", ProtectionState::Unsupported, ""),
        ],
        locked: false,
        locks_on_suspend: true,
        state_file: "/home/kim/.local/state/cp-token/state.json".to_owned(),
        secrets_in_memory: 3,
    }
}

fn bare_status(keyring: KeyringReport) -> StatusReport {
    StatusReport {
        version: "0.1.0".to_owned(),
        protocol: 251,
        pid: 251,
        uptime_s: 0,
        socket: "/s".to_owned(),
        config_file: "/c".to_owned(),
        config_problem: None,
        keyring,
        protections: vec![],
        locked: false,
        locks_on_suspend: false,
        state_file: "/t".to_owned(),
        secrets_in_memory: 0,
    }
}

fn locked_status() -> StatusReport {
    StatusReport { locked: true, ..bare_status(KeyringReport::Untried) }
}

fn page(profiles: Vec<ProfileReport>, next: Option<&str>) -> ProfilePage {
    ProfilePage { profiles, next: next.map(name) }
}

fn profiles() -> Vec<ProfileReport> {
    let states = [
        TokenState::Absent,
        TokenState::Live(4_294_967_296),
        TokenState::Requesting,
        TokenState::CoolingDown(u64::MAX),
        TokenState::Live(1),
    ];
    let mut reports: Vec<_> = (b'a'..).zip(states).map(|(letter, state)| profile(letter, state)).collect();
    reports[1].is_default = true;
    reports[1].created = Some(1_800_000_000);
    reports[1].last_token_at = Some(4_294_967_295);
    reports[1].token_life_ms = Some(840_000);
    reports[2].secret_source = SecretSource::Memory;
    reports[2].insecure_http = true;
    reports[3].ca_bundle = Some("/etc/ssl/company.pem".to_owned());
    reports[3].also_for = vec!["https://gateway.example".to_owned()];
    reports[3].proxy = Some("http://jo@proxy.example:3128".to_owned());
    reports[3].no_proxy = vec!["localhost".to_owned()];
    reports[4].identity = Identity::User("jo@example.com".to_owned());
    reports[4].secret = SecretState::Refused(1_800_000_000);
    reports[4].totp = TotpMethod::Command(vec!["/usr/bin/oathtool".to_owned()]);
    reports[4].secret_source = SecretSource::File("/run/secrets/crashplan".to_owned());
    reports
}

fn profile(letter: u8, token: TokenState) -> ProfileReport {
    ProfileReport {
        name: name(&char::from(letter).to_string()),
        url: URL.to_owned(),
        identity: client(),
        secret_source: SecretSource::Keyring,
        ca_bundle: None,
        insecure_http: false,
        also_for: vec![],
        is_default: false,
        created: None,
        last_token_at: None,
        token,
        totp: TotpMethod::None,
        proxy: None,
        no_proxy: vec![],
        token_life_ms: None,
        secret: SecretState::Usable,
    }
}
