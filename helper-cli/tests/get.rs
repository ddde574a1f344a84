//! Owns the promises of `cp-token get` as a caller sees them: what is asked, what is printed, and how it ends.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::time::Duration;

use cp_token_protocol::message::{AccessTokenRequest, Freshness, ProfileSelector, Request, Response};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, encode_response};
use support::daemon::{Asked, answering, issuing_tokens, receive, serving, token_response};
use support::{TOKEN, TestDir, run, run_with_input};

/// The one request for a token that was made.
fn only(asked: &Asked) -> AccessTokenRequest {
    let Request::AccessToken(request) = asked.only() else { panic!("something else was asked") };
    request
}

#[test]
fn success_is_the_token_on_one_line_and_nothing_else() {
    let place = TestDir::new();
    let asked = issuing_tokens(&place);
    run(&mut place.helper(&[])).succeeds_with(&format!("{TOKEN}\n"));
    let request = only(&asked);
    assert_eq!(request.profile, ProfileSelector::Default);
    assert!(matches!(request.freshness, Freshness::Valid));
    assert_eq!(request.min_validity_ms, None);
    assert!((29_000..30_000).contains(&request.timeout_ms), "{}", request.timeout_ms);
}

#[test]
fn every_format_is_what_its_reader_expects() {
    let place = TestDir::new();
    issuing_tokens(&place);
    let print = |format| run(&mut place.helper(&["get", "-f", format]));
    print("token").succeeds_with(&format!("{TOKEN}\n"));
    print("header").succeeds_with(&format!("Authorization: Bearer {TOKEN}\n"));
    print("curl").succeeds_with(&format!("header = \"Authorization: Bearer {TOKEN}\"\n"));
    print("env").succeeds_with(&format!(
        "export CP_TOKEN='{TOKEN}'\nexport CP_TOKEN_URL='https://api.example'\n\
         export CP_TOKEN_EXPIRES_AT='2027-01-15T08:00:00Z'\n"
    ));
    print("json").succeeds_with(&format!(
        "{{\"access_token\":\"{TOKEN}\",\"token_type\":\"Bearer\",\"expires_in\":839,\
         \"expires_at\":\"2027-01-15T08:00:00Z\",\"profile\":\"prod\",\"url\":\"https://api.example\"}}\n"
    ));
}

#[test]
fn the_env_format_is_understood_by_a_shell() {
    let place = TestDir::new();
    issuing_tokens(&place);
    let script = "eval \"$(\"$0\" -f env)\" && printf '%s %s %s' \"$CP_TOKEN\" \"$CP_TOKEN_URL\" \"$CP_TOKEN_EXPIRES_AT\"";
    let mut shell = place.command("/bin/sh".as_ref(), &["-c", script, env!("CARGO_BIN_EXE_cp-token")]);
    run(&mut shell).succeeds_with(&format!("{TOKEN} https://api.example 2027-01-15T08:00:00Z"));
}

#[test]
fn the_profile_is_the_option_then_the_variable_then_the_daemons_choice() {
    let selected = |arguments: &[&str], variable: &str| {
        let place = TestDir::new();
        let asked = issuing_tokens(&place);
        assert_eq!(run(place.helper(arguments).env("CP_TOKEN_PROFILE", variable)).exit, Some(0));
        only(&asked).profile
    };
    let named = |name| ProfileSelector::Named(ProfileName::parse(name).unwrap());
    assert_eq!(selected(&["-p", "a"], "b"), named("a"));
    assert_eq!(selected(&[], "b"), named("b"));
    assert_eq!(selected(&[], ""), ProfileSelector::Default);
    assert_eq!(selected(&["--url", "https://x"], "b"), ProfileSelector::Url("https://x".to_owned()));
}

#[test]
fn options_reach_the_daemon() {
    let place = TestDir::new();
    let asked = issuing_tokens(&place);
    let arguments = ["--fresh", "--min-validity", "2m", "--timeout", "1m", "--error-format", "json"];
    run(&mut place.helper(&arguments)).succeeds_with(&format!("{TOKEN}\n"));
    let request = only(&asked);
    assert!(matches!(request.freshness, Freshness::Fresh));
    assert_eq!(request.min_validity_ms, Some(120_000));
    assert_eq!(request.timeout_ms, 59_800);
}

#[test]
fn a_rejected_token_comes_on_standard_input_with_or_without_a_line_end() {
    for end in ["", "\n", "\r\n"] {
        let place = TestDir::new();
        let asked = answering(&place, |_| vec![token_response("another")]);
        run_with_input(&mut place.helper(&["--rejected"]), format!("{TOKEN}{end}").as_bytes())
            .succeeds_with("another\n");
        let Freshness::Rejected(token) = only(&asked).freshness else {
            panic!("no token is called rejected")
        };
        assert_eq!(token.expose(), TOKEN.as_bytes());
    }
}

#[test]
fn what_is_no_token_is_bad_data_and_the_daemon_is_not_asked() {
    let place = TestDir::new();
    let asked = issuing_tokens(&place);
    for input in [&b""[..], b"\n", b"a b", b"a\nb\n", b"a\0", &[b'a'; 9000], b"\xff"] {
        run_with_input(&mut place.helper(&["--rejected"]), input).fails_with(65, &["standard input"]);
    }
    assert!(asked.count() == 0);
}

#[test]
fn the_longest_token_arrives_whole_however_it_is_cut() {
    let token = "t".repeat(8192);
    for piece in [1, 11, 12, 13, 2047, 2048, 2049, 9000] {
        let place = TestDir::new();
        let frame = encode_response(&token_response(&token)).unwrap().to_vec();
        serving(&place, move |stream| {
            receive(stream);
            frame.chunks(piece).for_each(|bytes| stream.write_all(bytes).unwrap());
        });
        run(&mut place.helper(&[])).succeeds_with(&format!("{token}\n"));
    }
}

#[test]
fn a_daemon_that_is_still_at_work_is_waited_for() {
    let place = TestDir::new();
    serving(&place, |stream| {
        receive(stream);
        let working = encode_response(&Response::Working).unwrap();
        // A read that must time out is the pause between two signs of life.
        stream.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
        for _ in 0..3 {
            stream.write_all(&working).unwrap();
            let _ = std::io::Read::read(stream, &mut [0]);
        }
        stream.write_all(&encode_response(&token_response(TOKEN)).unwrap()).unwrap();
    });
    run(&mut place.helper(&[])).succeeds_with(&format!("{TOKEN}\n"));
}

#[test]
fn a_failure_is_one_line_an_exit_code_and_an_empty_standard_output() {
    for (code, exit) in [
        (ErrorCode::AMBIGUOUS_PROFILE, 64),
        (ErrorCode::SECRET_ABSENT, 69),
        (ErrorCode::INTERNAL, 70),
        (ErrorCode::SERVER_UNREACHABLE, 75),
        (ErrorCode::SECRET_REFUSED, 77),
        (ErrorCode::NO_PROFILE, 78),
    ] {
        let place = TestDir::new();
        let failure = Failure::new(code, "It is so.\n\x1b[31m").with_hint("do that");
        answering(&place, move |_| vec![Response::Working, Response::Failure(failure.clone())]);
        run(&mut place.helper(&[])).fails_with(exit, &["It is so. ?[31m; do that"]);
    }
}

#[test]
fn a_failure_as_json_has_exactly_the_promised_fields() {
    let place = TestDir::new();
    let failure = Failure::new(ErrorCode::SERVER_BUSY, "The server asks for \"patience\"").with_hint("wait");
    answering(&place, move |_| vec![Response::Failure(failure.clone())]);
    let result = run(&mut place.helper(&["--error-format", "json"]));
    assert_eq!((result.exit, result.stdout.as_str()), (Some(75), ""));
    let expected = r#"{"code":"server_busy","exit":75,"message":"The server asks for \"patience\"","hint":"wait","retryable":true}"#;
    assert_eq!(result.stderr, format!("{expected}\n"));
}

#[test]
fn faults_of_the_command_line_are_reported_in_the_same_two_forms() {
    let place = TestDir::new();
    run(&mut place.helper(&["--nope"])).fails_with(64, &["--nope", "; "]);
    run(&mut place.helper(&["-p", "a", "--url", "https://b"])).fails_with(64, &["cannot be used with"]);
    run(place.helper(&[]).env("CP_TOKEN_PROFILE", "NOT A NAME")).fails_with(64, &["CP_TOKEN_PROFILE"]);
    let result = run(&mut place.helper(&["status", "--nope", "--error-format=json"]));
    assert_eq!((result.exit, result.stdout.as_str()), (Some(64), ""));
    assert!(result.stderr.starts_with("{\"code\":\"usage\",\"exit\":64,"), "{}", result.stderr);
}

#[test]
fn b16_a_variable_that_leads_nowhere_is_a_clear_error() {
    let place = TestDir::new();
    run(place.helper(&[]).env("CP_TOKEN_SOCKET", "relative/path"))
        .fails_with(78, &["CP_TOKEN_SOCKET", "absolute"]);
    let long = format!("/{}", "x".repeat(200));
    run(place.helper(&[]).env("CP_TOKEN_SOCKET", long)).fails_with(78, &["longer than"]);
}
