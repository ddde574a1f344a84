//! Promises about what a server may answer to a token request: whatever it is, one clear line, nothing on standard
//! output, nothing that grows, and the next answer is taken as if nothing had been.

use std::time::Duration;

use cp_token_tests::fake_crashplan::{Answer, Ending, Outcome as Fate};
use cp_token_tests::world::{Outcome, TIMEOUT, World};

/// Asks once for a token, answered like this, for a profile of its own: a profile's share of requests is bounded.
fn ask(world: &World, answer: Answer) -> Outcome {
    world.server().answer_next(answer);
    ask_anew(world, &[])
}

fn ask_anew(world: &World, more: &[&str]) -> Outcome {
    let name = format!("p{}", world.server().connections());
    let client = world.new_client();
    let creating = world.creating(&name, "memory", &client, &world.server().url());
    creating.args(["--no-verify"]).run().succeeded();
    world.call(&["get", "-p", &name]).args(more).run()
}

fn token_answer(fields: &str) -> Answer {
    Answer::json(200, format!("{{{fields}}}"))
}

/// A token of the vendor's grammar that the oracle knows.
fn new_token(world: &World) -> String {
    let token: String =
        world.new_secret().bytes().filter(u8::is_ascii_alphanumeric).map(char::from).collect();
    world.oracle().register(&token);
    token
}

#[test]
fn g07_an_endless_body_and_a_gzip_bomb_are_cut_and_cost_no_memory() {
    let world = World::new();
    let daemon = world.daemon();
    ask_anew(&world, &[]).token();
    let before = daemon.anonymous_kib();
    for _ in 0..3 {
        ask(&world, Answer::endless_body()).failed(75).saying("longer than 64 KiB");
    }
    ask(&world, Answer::gzip_bomb(200 << 20)).failed(75).saying("the server's answer is no token");
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 0));
    let grown = daemon.anonymous_kib().saturating_sub(before);
    assert!(grown < 4096, "{grown} KiB more");
    ask(&world, Answer::Normally).token();
}

#[test]
fn g09_endless_headers_and_interim_answers_are_cut_and_cost_no_memory() {
    let world = World::new();
    let daemon = world.daemon();
    ask_anew(&world, &[]).token();
    let before = daemon.anonymous_kib();
    ask(&world, Answer::endless_headers()).failed(75);
    ask(&world, Answer::endless_interim())
        .failed(75)
        .saying("the server's answer is no token: it has no end");
    let long = "x".repeat(1 << 20);
    ask(&world, Answer::status(200, &[("X-Long", &long)], "{}")).failed(75);
    let many = vec![("X-Many", "x"); 10_000];
    ask(&world, Answer::status(200, &many, "{}")).failed(75);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 0));
    let grown = daemon.anonymous_kib().saturating_sub(before);
    assert!(grown < 4096, "{grown} KiB more");
    ask(&world, Answer::Normally).token();
}

#[test]
fn g08_g09_an_answer_that_never_ends_is_left_after_a_total_time_and_keeps_nobody_else() {
    let world = World::new();
    let _daemon = world.daemon();
    let slow = Answer::json(200, "{}").trickled(Duration::from_secs(1));
    for answer in [slow, Answer::endless_interim(), Answer::Stall] {
        world.server().answer_next(answer);
        ask_anew(&world, &["--timeout", "1s"]).failed(75);
        ask(&world, Answer::Normally).token();
    }
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 0));
    let left = world.server().entries().iter().filter(|entry| entry.outcome == Fate::Abandoned).count();
    assert_eq!(left, 3, "the daemon left each of them by itself");
}

#[test]
fn g10_a_token_outside_its_grammar_is_refused_before_any_format_sees_it() {
    let world = World::new();
    let _daemon = world.daemon();
    let start = new_token(&world);
    let ask_for = |end: &str, format: &str| {
        let token = serde_json::Value::from(format!("{start}{end}"));
        world.server().answer_next(token_answer(&format!(r#""access_token":{token},"token_type":"bearer""#)));
        ask_anew(&world, &["-f", format])
    };
    for end in ["\r\n", "\nX", "\0", "\x1b[0m", " x", "\"", "'", "ü", "\u{202e}", "=x", "\u{7f}", "$(id)"] {
        ask_for(end, "token").failed(75).saying("grammar of bearer tokens");
    }
    for format in ["header", "json", "env", "curl"] {
        ask_for("\r\nX-Evil: 1", format).failed(75).saying("grammar of bearer tokens");
    }
    ask_for(&"x".repeat(8193), "token").failed(75);
    assert_eq!(ask_for("-._~+/==", "token").token(), format!("{start}-._~+/=="));
}

#[test]
fn g11_a_servers_words_reach_neither_terminal_nor_log() {
    let world = World::new();
    let daemon = world.daemon();
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\nfake: line\u{202e}\u{9b}31m";
    let named = serde_json::json!({ "error": "invalid_client", "error_description": evil }).to_string();
    let unnamed = serde_json::json!({ "error": evil }).to_string();
    for (answer, code, said) in [
        (Answer::json(401, &named), 77, "(HTTP 401, invalid_client)"),
        (Answer::json(400, &named), 77, "(HTTP 400, invalid_client)"),
        (Answer::json(418, &unnamed), 75, "unexpected HTTP 418, an error code that cp-token does not know"),
        (
            Answer::status(404, &[("Content-Type", "text/html")], evil),
            75,
            "unexpected HTTP 404, an HTML page",
        ),
        (Answer::status(404, &[("Content-Type", "text/plain")], evil), 75, "unexpected HTTP 404, plain text"),
    ] {
        let outcome = ask(&world, answer).failed(code).saying(said);
        assert!(!outcome.stderr.contains("owned") && !outcome.stderr.contains("fake"), "{outcome:?}");
        assert!(outcome.stderr.trim_end().bytes().all(|byte| (b' '..0x7f).contains(&byte)), "{outcome:?}");
    }
    assert!(
        daemon.log().bytes().all(|byte| byte == b'\n' || (b' '..0x7f).contains(&byte)),
        "{}",
        daemon.log()
    );
}

#[test]
fn a_token_answer_with_201_is_one_and_with_no_other_status_and_is_never_shown() {
    let world = World::new();
    let _daemon = world.daemon();
    let token = new_token(&world);
    let body = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":900}}"#);
    for status in [202, 203, 206, 299, 300, 400, 402, 404, 418, 451] {
        let outcome = ask(&world, Answer::json(status, &body)).failed(75);
        outcome.saying(&format!("unexpected HTTP {status}, JSON without an error code"));
    }
    assert_eq!(ask(&world, Answer::json(201, &body)).token(), token);
}

#[test]
fn g12_g13_an_answer_that_is_no_token_is_named_and_none_of_it_is_kept() {
    let world = World::new();
    let _daemon = world.daemon();
    let token = new_token(&world);
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let bearer = r#""token_type":"bearer""#;
    for (body, words) in [
        (
            "<!DOCTYPE html><html><body>Sign in to the hotel's network</body></html>".to_owned(),
            "not a JSON object",
        ),
        (String::new(), "not a JSON object"),
        (deep, "not a JSON object"),
        (format!("\u{feff}{{\"access_token\":\"{token}\",{bearer}}}"), "not a JSON object"),
        (format!(r#"{{"access_token":"{token}",{bearer}}} trailing"#), "not a JSON object"),
        (format!(r#"["{token}"]"#), "not a JSON object"),
        (format!(r#"{{"access_token":"{token}","access_token":"{token}x",{bearer}}}"#), "same field twice"),
        (format!(r#"{{"access_token":"{token}","token_type":"mac"}}"#), "token_type"),
        (format!(r#"{{"access_token":"{token}"}}"#), "token_type"),
        (format!(r#"{{"access_token":"",{bearer}}}"#), "no token"),
        (format!("{{{bearer}}}"), "no token"),
    ] {
        ask(&world, Answer::json(200, body)).failed(75).saying(words);
    }
    ask(&world, token_answer(&format!(r#""access_token":"{token}",{bearer}"#))).token();
}

#[test]
fn e07_a_token_in_the_wrong_place_of_an_answer_reaches_no_log() {
    let world = World::new();
    let daemon = world.daemon();
    let token = new_token(&world);
    for fields in [
        format!(r#""access_token":{{"value":"{token}"}},"token_type":"bearer""#),
        format!(r#""access_token":["{token}"],"token_type":"bearer""#),
        format!(r#""access_token":"x","token_type":"{token}""#),
        format!(r#""access_token":"x","token_type":"bearer","expires_in":"{token}""#),
        format!(r#""access_token":"x","token_type":"bearer","expires_in":["{token}"]"#),
        format!(r#""access_token":"x y","refresh_token":"{token}""#),
    ] {
        ask(&world, token_answer(&fields)).failed(75);
    }
    daemon.wait_for_log("bad_response", 6);
    world.assert_no_leak();
}

#[test]
fn g16_a_connection_that_breaks_is_reported_and_the_next_request_works() {
    let world = World::new();
    let _daemon = world.daemon();
    for answer in [
        Answer::dropped(Ending::Close),
        Answer::dropped(Ending::Reset),
        Answer::cut_body(Ending::Close),
        Answer::cut_body(Ending::Reset),
        Answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{"),
        Answer::raw("SSH-2.0-OpenSSH_9.2\r\n"),
    ] {
        let before = world.server().token_requests();
        ask(&world, answer).failed(75);
        assert_eq!(world.server().token_requests(), before + 1, "nothing is tried twice");
        ask(&world, Answer::Normally).token();
    }
}

#[test]
fn g16_a_server_that_is_gone_is_reported_and_found_again_when_it_is_back() {
    use cp_token_tests::fake_crashplan::{FakeCrashPlan, Setup};

    let world = World::new();
    let _daemon = world.daemon();
    let authority = world.server().authority().clone();
    let server = FakeCrashPlan::start_with(Setup { authority: authority.clone(), ..Setup::default() });
    let (port, url, client) = (server.port(), server.url(), world.new_client());
    drop(server);
    world.creating("prod", "memory", &client, &url).run().failed(75).saying("nothing was changed");
    world.creating("prod", "memory", &client, &url).args(["--no-verify"]).run().succeeded();
    world.helper(&[]).failed(75).saying("the connection is refused");
    let server = FakeCrashPlan::start_with(Setup { authority, port, ..Setup::default() });
    server.add_client(&client.id, &client.secret);
    let token = world.helper(&["--retry"]).token();
    assert_eq!(server.issued(), [token]);
}
