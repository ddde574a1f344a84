//! Promises about a hostile remote that refuses every token it is sent.

use std::time::Instant;

use cp_token_tests::world::World;

fn erase(world: &World, host: &str, token: &str) {
    let input = format!("protocol=https\nhost={host}\nusername=prod\npassword={token}\n\n");
    let outcome = world.call(&["git-credential", "erase"]).stdin(input).run();
    assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "", ""), "{outcome:?}");
}

#[test]
fn h08_a_hundred_reports_of_one_token_cause_one_token_request() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    let token = world.helper(&[]).token();
    for _ in 0..100 {
        erase(&world, &host, &token);
    }
    assert_ne!(world.helper(&[]).token(), token);
    assert_eq!(world.server().token_requests(), 2);
}

/// More than are allowed at once.
const ROUNDS: usize = 30;

/// Eight at once and one a second is what the daemon allows; whatever the machine's speed, there are never more.
#[test]
#[allow(clippy::disallowed_methods, reason = "an upper limit that grows with time, and no measure")]
fn h08_a_remote_that_refuses_every_token_causes_no_storm_and_touches_no_secret() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    let config = || std::fs::read(world.config_folder().join("config.toml")).expect("a config");
    let (before, started) = (config(), Instant::now());
    for _ in 0..ROUNDS {
        let outcome = super::get(&world, &format!("protocol=https\nhost={host}\n\n")).run();
        let token = outcome.stdout.lines().find_map(|line| line.strip_prefix("password="));
        erase(&world, &host, token.unwrap_or_else(|| panic!("who has time waits: {outcome:?}")));
    }
    let allowed = 9 + usize::try_from(started.elapsed().as_secs()).expect("a small number");
    assert!(world.server().token_requests() <= allowed, "{}", world.server().token_requests());
    assert!(world.server().token_requests() >= 8, "the control: until then each report brings a new token");
    assert_eq!(config(), before);
    let status = world.helper(&["profile", "show", "prod", "--json"]).json();
    assert_ne!(status["token"], "refused", "the secret is as good as before: {status}");
}

#[test]
fn an_erase_starts_no_daemon_and_asks_nobody_for_a_code() {
    let world = World::new();
    erase(&world, "localhost:1", "abc");
    assert!(world.running().is_empty());
    let jo = crate::test_user::TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let creating = crate::test_user::creating(&world, &jo, "prod").args(["--totp", "ask", "--no-verify"]);
    creating.stdin(&jo.password).run().succeeded();
    let asked = world.path("asked");
    let askpass = world.path("askpass");
    std::fs::write(&askpass, format!("#!/bin/sh\ntouch {}\necho 123456\n", asked.display())).expect("write");
    world.program("chmod").args(["700"]).args([&askpass]).run().succeeded();
    let host = format!("localhost:{}", world.server().port());
    let with_askpass = |call: cp_token_tests::world::Call| call.env("CP_TOKEN_ASKPASS", &askpass).run();
    let input = format!("protocol=https\nhost={host}\nusername=prod\npassword=abc\n\n");
    let line = ["git-credential", "erase"];
    let erased = with_askpass(world.alone(&line).stdin(&input));
    assert_eq!((erased.code, erased.stdout.as_str(), erased.stderr.as_str()), (0, "", ""));
    assert!(!asked.exists() && world.server().token_requests() == 0);
    let got = with_askpass(world.alone(&["git-credential", "get"]).stdin(&input).printing_a_token());
    assert!(asked.exists() && got.stdout.contains("username=prod\n"), "the control: get asks: {got:?}");
}
