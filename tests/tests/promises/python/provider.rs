//! Promises of the token source for the official SDK, one thing after the other.

use std::time::Duration;

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::official_cli::OfficialCli;
use cp_token_tests::python_session::PythonSession;
use cp_token_tests::world::{Client, World, eventually};

/// A world, and in it a Python program that has connected the official SDK to a profile of this secret source.
pub(super) fn connected(world: &World) -> Option<(Client, PythonSession)> {
    let client = world.create_profile("prod", "memory");
    Some((client, session(world)?))
}

/// A Python program with the official SDK, connected.
pub(super) fn session(world: &World) -> Option<PythonSession> {
    let mut python = OfficialCli::crashplan()?.session(world);
    python.run("import pycpg.sdk, pycpg.settings, cp_token");
    python.run(&format!("pycpg.settings.verify_ssl_certs = {:?}", world.ca_file()));
    python.run(&format!("url = {:?}", world.server().url()));
    python.run("sdk = pycpg.sdk.from_jwt_provider(url, cp_token.Provider(url=url))");
    python.run("look = lambda: sdk.orgs.get_page(1).status_code");
    Some(python)
}

#[test]
fn the_official_sdk_lives_on_one_token_request() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    for _ in 0..5 {
        assert_eq!(python.value("look()"), 200);
    }
    python.run(
        "others = [pycpg.sdk.from_jwt_provider(url, cp_token.Provider(profile='prod')) for _ in range(3)]",
    );
    assert_eq!((world.server().token_requests(), world.server().refused_bearers()), (1, 0));
    assert!(world.server().api_requests() >= 9, "the look sees requests");
}

#[test]
fn the_official_sdk_survives_revocation_in_the_middle_of_a_run_with_one_token_request() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    for round in 1..=3 {
        assert_eq!(python.value("look()"), 200);
        world.server().revoke_all();
        assert_eq!(python.value("look()"), 200);
        assert_eq!((world.server().token_requests(), world.server().refused_bearers()), (1 + round, round));
    }
}

/// The daemon takes the token for good until its end is reported, as it would where clocks disagree.
#[test]
fn the_official_sdk_survives_an_expiry_in_the_middle_of_a_run_with_one_token_request() {
    let world = World::new();
    world.server().set_life(Duration::from_secs(2));
    world.server().set_expires_in(Some("900"));
    let Some((_, mut python)) = connected(&world) else { return };
    world.server().set_life(Duration::from_secs(900));
    eventually("a token is refused", || {
        assert_eq!(python.value("look()"), 200);
        world.server().refused_bearers() > 0
    });
    assert_eq!(python.value("look()"), 200);
    assert_eq!((world.server().token_requests(), world.server().refused_bearers()), (2, 1));
}

#[test]
fn the_official_sdk_survives_the_end_of_the_daemon_and_a_revocation_after_it() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    let Some(mut python) = session(&world) else { return };
    let before = world.server().token_requests();
    world.stop_daemon();
    assert_eq!((python.value("look()"), world.server().token_requests()), (200.into(), before));
    world.server().revoke_all();
    assert_eq!((python.value("look()"), world.server().token_requests()), (200.into(), before + 1));
    assert_eq!((python.value("look()"), world.server().token_requests()), (200.into(), before + 1));
}

#[test]
fn a_token_that_another_program_has_reported_already_costs_the_sdk_no_request() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    let token = world.helper(&[]).token();
    world.server().revoke(&token);
    world.call(&["--rejected"]).stdin(&token).run().token();
    let before = world.server().token_requests();
    assert_eq!((python.value("look()"), world.server().token_requests()), (200.into(), before));
    assert_eq!(world.server().refused_bearers(), 1);
}

#[test]
fn a_refused_secret_is_one_clear_exception_and_one_token_request() {
    let world = World::new();
    let Some((client, mut python)) = connected(&world) else { return };
    world.server().reset_secret(&client.id, &world.new_secret());
    world.server().revoke_all();
    let before = world.server().token_requests();
    for _ in 0..5 {
        let raised = python.raised("look()");
        assert_eq!((raised.class.as_str(), raised.exit_code), ("CpTokenError", Some(77)), "{raised:?}");
        assert!(raised.message.contains("cp-token profile reset-secret prod"), "{raised:?}");
        assert_eq!(raised.message.lines().count(), 1, "{raised:?}");
    }
    assert_eq!(world.server().token_requests(), before + 1);
}

/// Where the API says 401 to every token, a new one is asked for exactly once for each request.
#[test]
fn an_api_that_refuses_every_token_is_asked_exactly_once_more() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    let (tokens, looks) = (world.server().token_requests(), world.server().api_requests());
    world.server().answer_api_always(Answer::json(401, r#"{"error":"unauthorized"}"#));
    assert_eq!(python.raised("look()").class, "PycpgUnauthorizedError");
    assert_eq!((world.server().token_requests(), world.server().api_requests()), (tokens + 1, looks + 2));
    world.server().answer_api_normally();
    assert_eq!(python.value("look()"), 200);
    assert_eq!(world.server().token_requests(), tokens + 2, "the second token was refused, too");
}

#[test]
fn no_other_failure_of_the_api_is_taken_for_a_rejection() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    for status in [403, 404, 429, 500, 503] {
        world.server().answer_api_always(Answer::json(status, "{}"));
        python.raised("look()");
    }
    world.server().answer_api_normally();
    assert_eq!((python.value("look()"), world.server().token_requests()), (200.into(), 1));
}

#[test]
fn every_failure_is_an_exception_with_the_line_and_the_code() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    for (call, code, words) in [
        ("cp_token.token(profile='nobody')", 64, "nobody"),
        ("cp_token.token(url='https://other.example')", 64, "https://other.example"),
        ("cp_token.token(program='no-such-program')", 69, "no-such-program"),
        ("cp_token.token(program='true')", 69, "printed no token"),
        ("cp_token.token(program='false')", 1, "ended with code 1"),
        ("cp_token.profiles(program='no-such-program')", 69, "no-such-program"),
    ] {
        let raised = python.raised(call);
        assert_eq!(
            (raised.class.as_str(), raised.exit_code),
            ("CpTokenError", Some(code)),
            "{call}: {raised:?}"
        );
        assert!(raised.message.contains(words), "{call}: {raised:?}");
    }
    assert_eq!(python.raised("cp_token.Provider(profile='a', url='b')").class, "ValueError");
    assert_eq!(python.value("cp_token.profiles()[0]['name']"), "prod");
    python.run("import pickle; error = cp_token.CpTokenError('why', 75)");
    assert_eq!(python.value("pickle.loads(pickle.dumps(error)).exit_code"), 75);
}

#[test]
fn waiting_has_an_end_that_the_program_chooses() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    world.helper(&["forget"]).succeeded();
    world.server().hold();
    let raised = python.raised("cp_token.Provider(url=url, timeout=0.3)()");
    assert_eq!((raised.class.as_str(), raised.exit_code), ("CpTokenError", Some(75)), "{raised:?}");
    world.server().release();
    assert_eq!(python.value("look()"), 200);
}

/// Whatever runs cp-token in its place writes down what everybody could read; the world's end searches it.
#[test]
fn no_token_stands_in_an_argument_or_a_variable() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    let (noted, program) = (world.path("noted"), world.path("bin/noting"));
    let script = format!("#!/bin/sh\necho \"$@\" >>{0}; env >>{0}; exec cp-token \"$@\"\n", noted.display());
    std::fs::write(&program, script).expect("write a program");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .expect("let it run");
    python.run(&format!(
        "held = cp_token.Provider(url=url.replace('https://', ''), timeout=7, program={program:?})"
    ));
    python.run("sdk = pycpg.sdk.from_jwt_provider(url, held)");
    world.server().revoke_all();
    assert_eq!(python.value("look()"), 200);
    let noted = std::fs::read_to_string(noted).expect("what was noted");
    assert!(noted.contains("--rejected") && noted.matches("--url=https://localhost").count() == 2, "{noted}");
    assert_eq!(noted.matches("--timeout 7000ms ").count(), 2, "{noted}");
}

#[test]
fn programs_of_their_own_ask_for_each_request_and_report_what_was_refused() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    python.run("held = cp_token.token(); same = held == cp_token.token(url=url)");
    assert_eq!(python.value("same"), true);
    world.server().revoke_all();
    python.run("new = [cp_token.token(profile='prod', rejected=held) for _ in range(3)]");
    assert_eq!(python.value("len(set(new)) == 1 and held not in new"), true);
    assert_eq!(world.server().token_requests(), 2);
}
