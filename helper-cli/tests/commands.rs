//! Owns the promises of every command but `get`: what the daemon is asked, what is printed, what is refused.
#![allow(clippy::unwrap_used)]

mod support;

use cp_token_protocol::message::{
    ForgetScope, Identity, KeyringReport, ProfilePage, ProfileReport, ProfileSelector, ProtectionReport,
    ProtectionState, Request, Response, SecretSource, SecretState, StatusReport, TokenState, TotpMethod,
};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};
use support::daemon::{Asked, answering, receive, serving};
use support::{TestDir, run, run_with_input};

const CREATE: [&str; 9] = [
    "profile",
    "create",
    "prod",
    "--url",
    "https://api.example",
    "--client-id",
    "key-1",
    "--secret-stdin",
    "--no-verify",
];

fn done(place: &TestDir) -> Asked {
    answering(place, |request| {
        reply(request).map_or_else(
            || vec![Response::Working, Response::Done(vec!["it is done".to_owned()])],
            |seen| vec![seen],
        )
    })
}

/// The answer to a look at profiles: `prod`, and then a page of its own with `test`.
fn reply(request: &Request) -> Option<Response> {
    let page = |name: &str, next: Option<&str>| {
        let next = next.map(|name| ProfileName::parse(name).unwrap());
        Response::Profiles(ProfilePage { profiles: vec![profile(name)], next })
    };
    if let Request::ProfileList(list) = request {
        return Some(if list.after.is_none() { page("prod", Some("prod")) } else { page("test", None) });
    }
    let Request::ProfileShow(selector) = request else { return None };
    Some(if *selector == ProfileSelector::Named(ProfileName::parse("prod").unwrap()) {
        Response::Profile(Box::new(profile("prod")))
    } else {
        Response::Failure(Failure::new(ErrorCode::UNKNOWN_PROFILE, "there is no profile staging"))
    })
}

fn profile(name: &str) -> ProfileReport {
    ProfileReport {
        name: ProfileName::parse(name).unwrap(),
        url: "https://api.example".to_owned(),
        identity: Identity::ApiClient("key-1".to_owned()),
        secret_source: SecretSource::Keyring,
        ca_bundle: None,
        insecure_http: false,
        also_for: vec![],
        is_default: name == "prod",
        created: Some(1_800_000_000),
        last_token_at: None,
        token: TokenState::Live(60_000),
        totp: TotpMethod::None,
        proxy: None,
        no_proxy: vec![],
        token_life_ms: None,
        secret: SecretState::Usable,
    }
}

fn report() -> StatusReport {
    StatusReport {
        version: "1.2.3".to_owned(),
        protocol: 1,
        pid: 42,
        uptime_s: 3700,
        socket: "/run/x.sock".to_owned(),
        config_file: "/c.toml".to_owned(),
        config_problem: None,
        keyring: KeyringReport::Locked,
        protections: vec![ProtectionReport {
            name: "no core dumps".to_owned(),
            state: ProtectionState::On,
            detail: "as asked".to_owned(),
        }],
        locked: false,
        locks_on_suspend: false,
        state_file: "/state.json".to_owned(),
        secrets_in_memory: 0,
    }
}

#[test]
fn create_hands_over_what_was_given_and_the_secret_from_standard_input() {
    let place = TestDir::new();
    let asked = done(&place);
    run_with_input(&mut place.helper(&CREATE), b"s3cret $'\"\n").succeeds_with("it is done\n");
    let Request::ProfileCreate(create) = asked.only() else { panic!("something else was asked") };
    assert_eq!((create.name.as_str(), create.url.as_str()), ("prod", "https://api.example"));
    assert_eq!(create.identity, Identity::ApiClient("key-1".to_owned()));
    assert_eq!(create.secret_source, SecretSource::Keyring);
    let secret = create.secret.secret.unwrap();
    assert!(secret.matches(b"s3cret $'\"") && !create.verify && !create.insecure_http);
}

#[test]
fn a_ca_bundle_is_told_from_the_root() {
    let place = TestDir::new();
    let asked = done(&place);
    let mut command = place.helper(&CREATE);
    command.args(["--ca-bundle", "ca.pem", "--secret-source", "memory"]).current_dir(place.path("meet"));
    run_with_input(&mut command, b"x").succeeds_with("it is done\n");
    let Request::ProfileCreate(create) = asked.only() else { panic!("something else was asked") };
    assert_eq!(create.ca_bundle, place.path("meet/ca.pem").to_str().map(str::to_owned));
    assert_eq!(create.secret_source, SecretSource::Memory);
}

#[test]
fn bad_secrets_are_refused_before_the_daemon_is_asked() {
    let place = TestDir::new();
    let asked = done(&place);
    for (input, word) in [
        (&b""[..], "empty"),
        (b"\n", "empty"),
        (b"a\nb", "more than one line"),
        (b"\na\n", "more than one line"),
        (b"a\0", "control"),
        (b"a\tb\n", "control"),
        (&[b'x'; 4097], "longer than 4096"),
        (&[b'x'; 100_000], "4096 bytes"),
    ] {
        run_with_input(&mut place.helper(&CREATE), input).fails_with(65, &[word]);
    }
    assert!(asked.count() == 0);
    run_with_input(&mut place.helper(&CREATE), &[b'x'; 4096]).succeeds_with("it is done\n");
}

#[test]
fn without_a_terminal_a_secret_comes_by_standard_input_or_not_at_all() {
    let place = TestDir::new();
    let asked = done(&place);
    for arguments in [
        &CREATE[..7],
        &["profile", "reset-secret", "prod"],
        &["profile", "update", "prod", "--client-id", "b"],
    ] {
        let mut command = place.command("setsid".as_ref(), &["-w", env!("CARGO_BIN_EXE_cp-token")]);
        run(command.args(arguments)).fails_with(64, &["no terminal", "--secret-stdin"]);
    }
    assert!(asked.count() == 0);
}

#[test]
fn update_hands_over_only_what_is_to_change() {
    let place = TestDir::new();
    let asked = done(&place);
    let arguments = [
        "profile",
        "update",
        "prod",
        "--ca-bundle",
        "",
        "--also-for",
        "https://a",
        "--also-for",
        "https://b",
        "--not-for",
        "https://c",
        "--no-insecure-http",
    ];
    run(&mut place.helper(&arguments)).succeeds_with("it is done\n");
    let Request::ProfileUpdate(update) = asked.only() else { panic!("something else was asked") };
    assert_eq!((update.ca_bundle.as_deref(), update.insecure_http), (Some(""), Some(false)));
    assert_eq!(
        (update.also_for, update.not_for),
        (vec!["https://a".into(), "https://b".into()], vec!["https://c".into()])
    );
    assert!(
        update.url.is_none() && update.identity.is_none() && update.secret.secret.is_none() && update.verify
    );
    assert!(update.secret_source.is_none());
    run(&mut place.helper(&["profile", "update", "prod"])).fails_with(64, &["nothing to change"]);
    let identity = ["profile", "update", "prod", "--client-id", "key-2", "--secret-stdin"];
    run_with_input(&mut place.helper(&identity), b"new\r\n").succeeds_with("it is done\n");
    let Request::ProfileUpdate(update) = asked.only() else { panic!("something else was asked") };
    assert_eq!(update.identity, Some(Identity::ApiClient("key-2".to_owned())));
    assert!(update.secret.secret.is_some_and(|secret| secret.matches(b"new")));
}

#[test]
fn the_smaller_commands_ask_for_what_their_names_say() {
    let name = || ProfileName::parse("prod").unwrap();
    let asked = |arguments: &[&str]| {
        let place = TestDir::new();
        let asked = done(&place);
        run_with_input(&mut place.helper(arguments), b"new").succeeds_with("it is done\n");
        asked.only()
    };
    assert!(matches!(asked(&["profile", "use", "prod"]), Request::ProfileUse(used) if used == name()));
    let delete = asked(&["profile", "delete", "prod", "--yes"]);
    assert!(matches!(delete, Request::ProfileDelete(gone) if gone == name()));
    assert!(matches!(asked(&["profile", "reset-secret", "prod", "--secret-stdin"]),
        Request::ProfileResetSecret(reset) if reset.secret.secret.as_ref().is_some_and(|it| it.matches(b"new")) && reset.verify));
    assert!(matches!(asked(&["forget", "--all"]), Request::Forget(ForgetScope::All)));
    assert!(matches!(asked(&["forget"]), Request::Forget(ForgetScope::Profile(ProfileSelector::Default))));
    assert!(matches!(asked(&["forget", "-p", "prod"]),
        Request::Forget(ForgetScope::Profile(ProfileSelector::Named(forgotten))) if forgotten == name()));
    assert!(matches!(asked(&["daemon", "reload"]), Request::Reload));
}

#[test]
fn a_refusal_of_the_daemon_is_the_callers_refusal() {
    let place = TestDir::new();
    let failure =
        Failure::new(ErrorCode::SECRET_REFUSED, "the server refused the secret").with_hint("reset it");
    answering(&place, move |_| vec![Response::Working, Response::Failure(failure.clone())]);
    run_with_input(&mut place.helper(&CREATE), b"x")
        .fails_with(77, &["the server refused the secret; reset it"]);
}

#[test]
fn profiles_are_listed_for_people_and_for_programs() {
    let place = TestDir::new();
    answering(&place, |request| reply(request).into_iter().collect());
    run(&mut place.helper(&["profile", "list"])).succeeds_with(
        "  NAME  KIND        URL                  ID     SECRET   CREATED               LAST-TOKEN  TOKEN\n\
         * prod  api-client  https://api.example  key-1  keyring  2027-01-15 08:00 UTC  -           1m left\n\
         \x20 test  api-client  https://api.example  key-1  keyring  2027-01-15 08:00 UTC  -           1m left\n",
    );
    let object = "{\"name\":\"prod\",\"kind\":\"api-client\",\"url\":\"https://api.example\",\"client_id\":\"key-1\",\
        \"username\":null,\"totp\":\"none\",\"secret_source\":\"keyring\",\"secret_source_detail\":null,\
        \"ca_bundle\":null,\"proxy\":null,\"no_proxy\":[],\"insecure_http\":false,\"also_for\":[],\"default\":true,\
        \"created\":\"2027-01-15T08:00:00Z\",\"last_token_at\":null,\"token\":{\"state\":\"live\",\"expires_in\":60},\
        \"secret\":{\"state\":\"ok\",\"since\":null}}";
    run(&mut place.helper(&["profile", "list", "--json"])).succeeds_with(&format!(
        "[{object},{}]\n",
        object.replace("prod", "test").replace("\"default\":true", "\"default\":false")
    ));
    run(&mut place.helper(&["profile", "show", "prod", "--json"])).succeeds_with(&format!("{object}\n"));
    assert!(run(&mut place.helper(&["profile", "show", "prod"])).stdout.contains("client id:      key-1\n"));
    run(&mut place.helper(&["profile", "show", "test"])).fails_with(64, &["no profile staging"]);
}

#[test]
fn status_shows_the_daemon_and_each_protection() {
    let place = TestDir::new();
    answering(&place, |request| vec![reply(request).unwrap_or_else(|| Response::Status(report()))]);
    let outcome = run(&mut place.helper(&["status"]));
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (Some(0), ""));
    for line in [
        "cp-tokend 1.2.3, process 42, up 1h 1m 40s",
        "keyring:      locked",
        "protections:  all 1 on (no core dumps: as asked)",
    ] {
        assert!(outcome.stdout.lines().any(|shown| shown == line), "{}", outcome.stdout);
    }
    let outcome = run(&mut place.helper(&["status", "--json"]));
    assert!(
        outcome.stdout.starts_with("{\"version\":\"1.2.3\",\"protocol\":1,\"pid\":42,\"uptime\":3700,"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains(
            "\"protections\":[{\"name\":\"no core dumps\",\"state\":\"on\",\"detail\":\"as asked\"}]"
        )
    );
    let said = "cp-tokend 1.2.3 runs already, process 42, at /run/x.sock\n";
    run(&mut place.helper(&["daemon", "start"])).succeeds_with(said);
}

#[test]
fn stop_is_over_when_the_daemon_has_let_go_and_closed_the_connection() {
    for answers in [vec![], vec![Response::Working, Response::Done(vec![])]] {
        let place = TestDir::new();
        serving(&place, move |stream| {
            assert!(matches!(receive(stream), Some(Request::Stop)));
            for frame in answers.iter().map(|answer| cp_token_protocol::encode_response(answer).unwrap()) {
                std::io::Write::write_all(stream, &frame).unwrap();
            }
        });
        run(&mut place.helper(&["daemon", "stop", "--yes"])).succeeds_with("cp-tokend is stopped\n");
    }
}

#[test]
fn c12_a_secret_is_in_no_message_whatever_goes_wrong() {
    let secret = "SENTINEL-s3cret";
    for bytes in [&b"HTTP/1.1 200 OK"[..], b""] {
        let place = TestDir::new();
        support::daemon::saying(&place, bytes);
        let outcome = run_with_input(&mut place.helper(&CREATE), secret.as_bytes());
        assert!(outcome.exit != Some(0) && !outcome.stderr.contains(secret), "{}", outcome.stderr);
    }
    let place = TestDir::new();
    let outcome = run_with_input(&mut place.helper(&CREATE), format!("{secret}\nmore").as_bytes());
    assert!(outcome.exit == Some(65) && !outcome.stderr.contains(secret), "{}", outcome.stderr);
}
