//! Promises of the main job: a secret is entered once, and every script has a token that the server takes, through
//! expiry, rejection and the end of the daemon.

use std::time::{Duration, Instant};

use cp_token_tests::programs;
use cp_token_tests::world::{Running, World, processes};

use crate::sizes::{repetitions, tell};

/// The vendor's own example.
const EXAMPLE: &str = r#"curl -q -s -o /dev/null -w '%{http_code}' -X GET "$URL/api/v3/users?active=true&blocked=false&pageSize=100" -H "authorization: Bearer $(cp-token)""#;

fn fifty_shells(world: &World) {
    let shell = || {
        let line = world.program("sh").args(["-c", EXAMPLE]).env("URL", world.server().url());
        line.env("CURL_CA_BUNDLE", world.ca_file()).spawn()
    };
    let shells: Vec<_> = (0..50).map(|_| shell()).collect();
    for outcome in shells.into_iter().map(Running::finish) {
        assert_eq!(outcome.succeeded().stdout, "200");
    }
}

#[test]
fn a_secret_in_the_keyring_serves_fifty_shells_before_and_after_the_daemon_is_killed() {
    if !programs::present(&["curl"]) {
        return;
    }
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    world.stop_daemon();
    for round in 1..=3 {
        fifty_shells(&world);
        assert_eq!(world.server().token_requests(), 1 + round);
        processes::end(world.daemon_pid());
    }
    assert_eq!(world.server().refused_bearers(), 0);
}

#[test]
fn a_daemon_that_was_killed_leaves_a_memory_secret_nowhere_and_says_how_to_enter_it() {
    let world = World::new();
    let daemon = world.daemon();
    let client = world.create_profile("prod", "memory");
    daemon.kill();
    world.helper(&[]).failed(69).saying("cp-token profile reset-secret prod");
    world
        .call(&["profile", "reset-secret", "prod", "--secret-stdin"])
        .stdin(&client.secret)
        .run()
        .succeeded();
    world.helper(&[]).token();
}

#[test]
fn a_rejected_token_is_replaced_by_one_that_the_server_takes() {
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    assert_eq!(world.api_status(&token), 200);
    world.server().revoke(&token);
    assert_eq!((world.api_status(&token), world.helper(&[]).token()), (401, token.clone()));
    let next = world.call(&["--rejected"]).stdin(&token).run().token();
    assert_eq!((world.api_status(&next), world.helper(&[]).token()), (200, next));
}

/// A token that is handed out lives for at least the margin, a tenth of its life. A test that was too slow to use
/// it within that time, from before it asked, has seen nothing and says nothing.
#[test]
#[allow(clippy::disallowed_methods, reason = "tells a slow test from a broken promise, and measures nothing")]
fn steady_asking_across_expiries_brings_no_token_that_the_server_refuses() {
    const LIFE: Duration = Duration::from_secs(2);
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::new();
    world.server().set_life(LIFE);
    world.create_profile("prod", "memory");
    let expiries = repetitions(10, 200);
    let (mut seen, mut issued) = (0, 0);
    while issued <= expiries {
        let asked = Instant::now();
        let token = world.helper(&[]).token();
        let welcome = world.api_status(&token) == 200;
        let in_time = asked.elapsed() < LIFE / 10;
        assert!(welcome || !in_time, "after {issued} tokens");
        seen += usize::from(in_time);
        issued = world.server().token_requests();
    }
    assert!(seen > expiries, "the machine is too slow for this test: {seen} of its looks were in time");
    assert_eq!(world.server().max_in_flight(), 1);
    tell(&format!("{seen} tokens across {expiries} expiries, none of them refused"));
}

#[test]
fn every_format_carries_the_one_token_and_an_expiry_that_is_less_than_its_life() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let printed = |format| world.helper(&["-f", format]).succeeded().stdout;
    assert_eq!(printed("token"), format!("{token}\n"));
    assert_eq!(printed("header"), format!("Authorization: Bearer {token}\n"));
    assert_eq!(printed("curl"), format!("header = \"Authorization: Bearer {token}\"\n"));
    let exports = format!("export CP_TOKEN='{token}'\nexport CP_TOKEN_URL='{}'\n", world.server().url());
    assert!(printed("env").starts_with(&exports), "{}", printed("env"));
    let json = world.helper(&["-f", "json"]).json();
    assert_eq!((&json["access_token"], &json["profile"]), (&token.into(), &"prod".into()));
    assert!(json["expires_in"].as_u64().is_some_and(|seconds| seconds <= 840), "{}", json["expires_in"]);
    assert_eq!(world.server().token_requests(), 1);
}
