//! Owns the promises about a daemon that gives its place to another, or cannot, as the helper meets it.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_token_protocol::message::{
    Identity, KeyringReport, ProfilePage, ProfileReport, Request, Response, SecretSource, SecretState,
    StatusReport, TokenState, TotpMethod,
};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, encode_response};
use support::daemon::{answering, receive, serving, token_response};
use support::{TestDir, run};

/// Closes the first so many connections once their request is there, and grants a token to the others.
fn closing_first(place: &TestDir, closed: usize) {
    let count = AtomicUsize::new(0);
    serving(place, move |stream| {
        receive(stream);
        if count.fetch_add(1, Ordering::Relaxed) >= closed {
            let _ = stream.write_all(&encode_response(&token_response("abc")).unwrap());
        }
    });
}

#[test]
fn a_get_whose_connection_ends_without_a_word_is_asked_once_more_and_not_twice() {
    let place = TestDir::new();
    closing_first(&place, 1);
    run(&mut place.helper(&[])).succeeds_with("abc\n");
    let place = TestDir::new();
    closing_first(&place, 2);
    run(&mut place.helper(&[])).fails_with(75, &["closed the connection before it answered"]);
}

#[test]
fn a_get_of_which_the_daemon_has_said_a_word_is_not_asked_again() {
    let place = TestDir::new();
    let asked = answering(&place, |_| vec![Response::Working]);
    run(&mut place.helper(&[])).fails_with(75, &["closed the connection before it answered"]);
    assert_eq!(asked.count(), 1);
}

#[test]
fn a_change_is_never_asked_for_twice() {
    let place = TestDir::new();
    let asked = answering(&place, |_| vec![]);
    run(&mut place.helper(&["profile", "use", "prod"])).fails_with(75, &["closed the connection"]);
    assert_eq!(asked.count(), 1);
}

fn profiles(source: SecretSource) -> ProfilePage {
    let profile = ProfileReport {
        name: ProfileName::parse("prod").unwrap(),
        url: "https://api.example".to_owned(),
        identity: Identity::ApiClient("key-1".to_owned()),
        secret_source: source,
        ca_bundle: None,
        insecure_http: false,
        also_for: vec![],
        is_default: true,
        created: None,
        last_token_at: None,
        token: TokenState::Absent,
        totp: TotpMethod::None,
        proxy: None,
        no_proxy: vec![],
        token_life_ms: None,
        secret: SecretState::Usable,
    };
    ProfilePage { profiles: vec![profile], next: None }
}

fn status(secrets_in_memory: u32) -> StatusReport {
    StatusReport {
        version: "0.0.9".to_owned(),
        protocol: 1,
        pid: 1,
        uptime_s: 0,
        socket: "/run/daemon.sock".to_owned(),
        config_file: "/config.toml".to_owned(),
        config_problem: None,
        keyring: KeyringReport::Untried,
        protections: vec![],
        locked: false,
        locks_on_suspend: false,
        state_file: "/state.json".to_owned(),
        secrets_in_memory,
    }
}

/// A daemon of our protocol that is too old to know the request.
fn old_daemon(place: &TestDir, source: SecretSource) -> support::daemon::Asked {
    answering(place, move |request| {
        vec![if matches!(request, Request::Restart) {
            Response::Failure(Failure::new(ErrorCode::MALFORMED_REQUEST, "the request is malformed"))
        } else if matches!(request, Request::Status) {
            Response::Status(status(u32::from(source == SecretSource::Memory)))
        } else if matches!(request, Request::ProfileList(_)) {
            Response::Profiles(profiles(source.clone()))
        } else {
            Response::Done(vec![])
        }]
    })
}

#[test]
fn b21_a_daemon_too_old_to_hand_over_is_not_stopped_where_a_secret_would_be_lost() {
    let place = TestDir::new();
    let asked = old_daemon(&place, SecretSource::Memory);
    let words = ["cannot hand over", "the secret of prod", "daemon stop --yes && cp-token daemon start"];
    run(&mut place.helper(&["daemon", "restart"])).fails_with(69, &words);
    assert_eq!(asked.count(), 2, "it was asked to restart and how it stands, and not to stop");
    let place = TestDir::new();
    let asked = old_daemon(&place, SecretSource::Keyring);
    let _ = run(&mut place.helper(&["daemon", "restart"]));
    assert!(asked.count() > 2, "nothing is lost by a stop");
}

#[test]
fn b21_what_the_daemon_says_of_its_hand_over_is_reported_in_one_line_and_skew_has_its_fix() {
    let place = TestDir::new();
    let line = "cp-tokend 0.2.0 took over from 0.1.0 in process 12: 3 tokens and 1 secret kept";
    answering(&place, move |request| {
        if matches!(request, Request::Status) {
            vec![Response::Status(status(0))]
        } else if matches!(request, Request::ProfileList(_)) {
            vec![Response::Profiles(profiles(SecretSource::Keyring))]
        } else {
            vec![Response::Working, Response::Done(vec![line.to_owned()])]
        }
    });
    run(&mut place.helper(&["daemon", "restart"])).succeeds_with(&format!("{line}\n"));
    let outcome = run(&mut place.helper(&["status"]));
    assert!(outcome.stdout.contains("run: cp-token daemon restart"), "{}", outcome.stdout);
}
