//! Promises about a pause that the server asks for: it is the account's, whatever its profiles are called, and no command
//! sends a secret within it.

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::{Client, World};

use super::busy;
use crate::lock::{lock, unlock};
use crate::refused::{secret_file, write_config, written};

/// A world whose server has asked the one client for a long pause, with how many requests that took.
fn paused() -> (World, Client, usize) {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    world.server().answer_next(busy("300"));
    let outcome = world.helper(&["--fresh"]).failed(75).saying("HTTP 429").saying("(asked again in 300 s");
    outcome.saying("--retry waits for it");
    let requests = world.server().token_requests();
    (world, client, requests)
}

#[test]
fn a_pause_holds_for_another_profile_of_the_account_and_for_no_other_account() {
    let (world, client, requests) = paused();
    let url = world.server().url();
    world.creating("twin", "memory", &client, &url).args(["--no-verify"]).run().succeeded();
    for _ in 0..2 {
        world.helper(&["-p", "twin"]).failed(75).saying("HTTP 429").saying("(asked again in");
    }
    assert_eq!(world.server().token_requests(), requests);
    world.create_profile("other", "memory");
    world.helper(&["-p", "other"]).token();
}

#[test]
fn no_secret_is_verified_within_a_pause_and_the_time_is_said() {
    let (world, client, requests) = paused();
    for _ in 0..2 {
        let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&client.secret);
        reset.run().failed(75).saying("(asked again in").saying("nothing was changed");
        world.helper(&["profile", "update", "prod", "--no-proxy", "x.example"]).failed(75);
    }
    let url = world.server().url();
    world.creating("new", "memory", &client, &url).run().failed(75).saying("(asked again in");
    assert_eq!(world.server().token_requests(), requests);
    let other = world.new_client();
    world.server().answer_next(busy("20"));
    let outcome = world.creating("new", "memory", &other, &url).run().failed(75);
    outcome.saying("(asked again in 20 s at the earliest)");
}

#[test]
fn a_pause_outlives_another_name_of_the_profile() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = world.new_client();
    secret_file(&world, &client.secret);
    let named =
        |name| write_config(&world, &[written(&world, name, &format!("client_id = \"{}\"", client.id), "")]);
    world.server().answer_always(busy("300"));
    for name in ["a", "x", "a", "y"] {
        named(name);
        world.helper(&["-p", name]).failed(75).saying("HTTP 429");
    }
    assert_eq!(world.server().token_requests(), 1);
}

/// Under a lock as well: what stands for the account is no secret.
#[test]
fn a_pause_outlives_a_restart_and_a_lock_whatever_asks_next() {
    let (world, client, requests) = paused();
    let url = world.server().url();
    world.creating("twin", "memory", &client, &url).args(["--no-verify"]).run().succeeded();
    let passphrase = world.new_secret();
    lock(&world, &passphrase).succeeded();
    assert!(world.helper(&["daemon", "restart"]).succeeded().stdout.contains("it is locked as before"));
    unlock(&world, &passphrase).succeeded();
    world.helper(&["-p", "twin"]).failed(75).saying("HTTP 429").saying("(asked again in");
    world.creating("new", "memory", &client, &url).run().failed(75).saying("(asked again in");
    assert_eq!(world.server().token_requests(), requests);
    world.create_profile("other", "memory");
    world.helper(&["-p", "other"]).token();
}

#[test]
fn the_first_failure_of_an_outage_says_when_and_that_it_can_be_waited_for() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.server().answer_next(Answer::json(503, "{}"));
    world.helper(&["--fresh"]).failed(75).saying("(asked again in").saying("--retry waits for it");
}

#[test]
fn who_retries_is_advised_to_wait_longer_and_not_to_retry() {
    let (world, _, requests) = paused();
    // On a machine that is very busy, the helper's own time may be over before the daemon says why.
    let outcome = ["2s", "8s", "30s"].into_iter().find_map(|timeout| {
        let outcome = world.helper(&["--fresh", "--retry", "--timeout", timeout]).failed(75);
        assert!(!outcome.stderr.contains("--retry waits"), "{outcome:?}");
        outcome.stderr.contains("HTTP 429").then_some(outcome)
    });
    outcome.expect("the daemon's reason").saying("a longer --timeout waits for it");
    assert_eq!(world.server().token_requests(), requests);
}
