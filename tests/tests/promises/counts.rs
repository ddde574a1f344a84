//! Promises about how many token requests the server sees, read from the server's own record.

use std::time::Duration;

use cp_token_tests::fake_crashplan::{Answer, FakeCrashPlan, Setup};
use cp_token_tests::world::{Outcome, Running, TIMEOUT, World, eventually};

const CALLERS: usize = 200;

fn together(count: usize, start: impl Fn() -> Running) -> Vec<Outcome> {
    let running: Vec<_> = (0..count).map(|_| start()).collect();
    running.into_iter().map(Running::finish).collect()
}

/// A world whose daemon knows a profile, and whose server has not been asked since.
fn idle_world() -> (World, usize) {
    let world = World::new();
    world.create_profile("prod", "memory");
    let requests = world.server().token_requests();
    (world, requests)
}

#[test]
fn two_hundred_cold_callers_cost_one_request_and_are_all_served() {
    let (world, before) = idle_world();
    world.helper(&["forget"]).succeeded();
    world.server().hold();
    let running: Vec<_> = (0..CALLERS).map(|_| world.spawn_helper(&[])).collect();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    world.server().release();
    let mut tokens: Vec<_> = running.into_iter().map(|caller| caller.finish().token()).collect();
    assert_eq!(tokens.len(), CALLERS);
    tokens.dedup();
    assert_eq!(Some(&tokens), world.server().issued().last().map(|token| vec![token.clone()]).as_ref());
    assert_eq!((world.server().token_requests() - before, world.server().max_in_flight()), (1, 1));
}

#[test]
fn f06_two_hundred_callers_at_a_servers_failure_cost_one_request_and_are_all_told() {
    let (world, before) = idle_world();
    world.helper(&["forget"]).succeeded();
    world.server().answer_always(Answer::status(503, &[("Retry-After", "300")], ""));
    for outcome in together(CALLERS, || world.spawn_helper(&[])) {
        outcome.failed(75).saying("the server failed (HTTP 503)");
    }
    assert_eq!(world.server().token_requests() - before, 1);
}

#[test]
fn g15_a_failing_server_is_asked_once_for_each_back_off_step() {
    const STEPS: [u64; 3] = [1, 2, 4];
    let (world, before) = idle_world();
    world.helper(&["forget"]).succeeded();
    world.server().answer_always(Answer::json(503, "{}"));
    eventually("each step is over", || {
        world.helper(&[]).failed(75).saying("HTTP 503");
        world.server().token_requests() - before > STEPS.len()
    });
    let arrivals: Vec<_> = world.server().entries()[before..].iter().map(|entry| entry.arrived).collect();
    for (pair, step) in arrivals.windows(2).zip(STEPS) {
        assert!(pair[1] - pair[0] >= Duration::from_secs(step), "{arrivals:?}");
    }
}

#[test]
fn fifty_reports_of_one_rejected_token_cost_one_request() {
    let (world, before) = idle_world();
    let token = world.helper(&[]).token();
    world.server().revoke(&token);
    let mut tokens: Vec<_> = together(50, || world.call(&["--rejected"]).stdin(&token).spawn())
        .into_iter()
        .map(Outcome::token)
        .collect();
    tokens.dedup();
    assert_eq!((tokens.len(), world.server().token_requests() - before), (1, 1));
    assert_ne!(tokens[0], token);
}

#[test]
fn the_report_of_an_old_token_costs_nothing_and_brings_the_current_one() {
    let (world, _) = idle_world();
    let old = world.helper(&[]).token();
    let current = world.call(&["--rejected"]).stdin(&old).run().token();
    let before = world.server().token_requests();
    for _ in 0..20 {
        assert_eq!(world.call(&["--rejected"]).stdin(&old).run().token(), current);
    }
    assert_eq!(world.server().token_requests(), before);
}

#[test]
fn g14_a_refused_secret_is_tried_once_until_it_changes() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    let next = world.new_secret();
    world.server().reset_secret(&client.id, &next);
    world.helper(&["forget"]).succeeded();
    let before = world.server().token_requests();
    for outcome in together(50, || world.spawn_helper(&[])) {
        outcome.failed(77).saying("profile reset-secret prod");
    }
    world.helper(&["--fresh"]).failed(77);
    assert_eq!(world.server().token_requests() - before, 1);
    world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&next).run().succeeded();
    let token = world.helper(&[]).token();
    assert_eq!((world.server().issued().last(), world.server().token_requests() - before), (Some(&token), 2));
}

#[test]
fn a_hanging_server_keeps_no_other_profile_waiting() {
    let world = World::new();
    let setup = Setup { authority: world.server().authority().clone(), ..Setup::default() };
    let hanging = FakeCrashPlan::start_with(setup);
    let client = world.new_client();
    hanging.add_client(&client.id, &client.secret);
    world.creating("slow", "memory", &client, &hanging.url()).args(["--no-verify"]).run().succeeded();
    world.create_profile("quick", "memory");
    hanging.hold();
    let waiting = world.spawn_helper(&["-p", "slow"]);
    assert!(hanging.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    world.helper(&["-p", "quick"]).token();
    world.helper(&["-p", "quick", "--fresh"]).token();
    world.helper(&["status"]).succeeded();
    assert_eq!(hanging.in_flight(), 1);
    hanging.release();
    let token = waiting.finish().token();
    assert_eq!(hanging.issued(), [token]);
}

#[test]
fn nobody_asks_nothing_is_requested_and_whoever_asks_again_is_served() {
    const LIFE: Duration = Duration::from_secs(1);
    let (world, before) = idle_world();
    world.server().set_life(LIFE);
    let token = world.helper(&["--fresh"]).token();
    assert!(!world.server().wait_for(4 * LIFE, |ledger| ledger.token_requests() > before + 1));
    assert_ne!(world.helper(&[]).token(), token);
    assert_eq!(world.server().token_requests(), before + 2);
}
