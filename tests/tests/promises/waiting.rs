//! Promises about callers who wait: for what, until when, and that the wish of one is not the failure of another.

mod pauses;

use std::time::Duration;

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::{TIMEOUT, World, frame};

/// Any token, within 30 seconds: one that is issued after this request.
const ASK_FOR_A_FRESH_ONE: [u8; 10] = [0, 0, 2, 0, 0xfb, 0x30, 0x75, 0, 0, 0];
/// The body of a sign of life.
const WORKING: [u8; 1] = [0];

/// A world with a daemon, a profile and a token, and how many requests that took.
pub(crate) fn stage() -> (World, String, usize) {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let before = world.server().token_requests();
    (world, token, before)
}

fn busy(seconds: &str) -> Answer {
    Answer::status(429, &[("Retry-After", seconds)], "")
}

#[test]
fn more_new_tokens_than_come_at_once_are_waited_for_and_not_refused() {
    let (world, first, before) = stage();
    let mut tokens: Vec<_> = (0..10).map(|_| world.helper(&["--fresh"]).token()).collect();
    tokens.push(first);
    tokens.sort();
    tokens.dedup();
    assert_eq!((tokens.len(), world.server().token_requests() - before), (11, 10));
    // They wait within their time, and no longer.
    let outcome: Vec<_> = (0..20).map(|_| world.call(&["--fresh", "--timeout", "100ms"]).spawn()).collect();
    let refused =
        outcome.into_iter().map(|caller| caller.finish()).filter(|outcome| outcome.code == 75).count();
    assert!(refused > 0, "the control: there is something to wait for");
}

#[test]
fn a_report_while_the_server_wants_a_pause_takes_the_token_from_nobody_else() {
    let (world, token, before) = stage();
    world.server().answer_next(busy("300"));
    world.helper(&["--fresh"]).failed(75);
    assert_eq!(world.helper(&[]).token(), token);
    let report = || world.call(&["--rejected"]).stdin(&token).run();
    report().failed(75).saying("asked again in");
    report().failed(75);
    assert_eq!(world.helper(&[]).token(), token, "it stays for those who do not report it");
    assert_eq!(world.server().token_requests() - before, 1);
}

#[test]
fn whoever_reports_and_retries_gets_another_token_after_the_pause_that_the_server_wants() {
    let (world, token, before) = stage();
    world.server().answer_next(busy("2"));
    world.helper(&["--fresh"]).failed(75);
    let other = world.call(&["--rejected", "--retry"]).stdin(&token).run().token();
    assert_ne!(other, token);
    let arrivals: Vec<_> = world.server().entries()[before..].iter().map(|entry| entry.arrived).collect();
    assert_eq!(arrivals.len(), 2);
    assert!(arrivals[1] - arrivals[0] >= Duration::from_secs(2), "{arrivals:?}");
}

#[test]
fn a_pause_that_the_server_asked_for_outlives_forget() {
    let (world, _, before) = stage();
    world.server().answer_always(busy("300"));
    for _ in 0..7 {
        world.helper(&["forget"]).succeeded();
        world.helper(&[]).failed(75).saying("HTTP 429");
    }
    world.helper(&[]).failed(75).saying("asked again in");
    assert_eq!(world.server().token_requests() - before, 1);
}

#[test]
fn fresh_is_never_a_token_whose_request_was_sent_before_it_was_asked_for() {
    let (world, _, before) = stage();
    world.helper(&["forget"]).succeeded();
    world.server().hold();
    let plain = world.spawn_helper(&[]);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let mut fresh = world.raw();
    fresh.send(&frame(&ASK_FOR_A_FRESH_ONE));
    assert_eq!(fresh.body(), WORKING, "it is let in while the first one is under way");
    world.server().release();
    let plain = plain.finish().token();
    let answer = fresh.rest();
    let issued = world.server().issued()[before..].to_vec();
    assert_eq!((issued.len(), &issued[0]), (2, &plain));
    let holds = |token: &str| answer.windows(token.len()).any(|part| part == token.as_bytes());
    assert!(holds(&issued[1]) && !holds(&issued[0]));
}

#[test]
fn who_waits_while_the_profile_is_updated_waits_on_and_is_served() {
    let (world, token, before) = stage();
    world.helper(&["profile", "update", "prod", "--also-for", "https://one.example"]).succeeded();
    assert_eq!(world.helper(&[]).token(), token, "the same client at the same server");
    world.helper(&["forget"]).succeeded();
    world.server().hold();
    let waiting: Vec<_> = (0..10).map(|_| world.spawn_helper(&[])).collect();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    world.helper(&["profile", "update", "prod", "--also-for", "https://two.example"]).succeeded();
    world.server().release();
    let mut tokens: Vec<_> = waiting.into_iter().map(|caller| caller.finish().token()).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), world.server().token_requests() - before), (1, 1));
}

#[test]
fn nobody_is_refused_a_token_because_somebody_updates_the_profile() {
    let (world, _, _) = stage();
    let calls = crate::sizes::repetitions(10, 100);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..calls).for_each(|_| drop(world.helper(&[]).token())));
        }
        for number in 0..calls {
            let host = format!("host-{number}.example");
            let update = world.helper(&["profile", "update", "prod", "--no-proxy", &host]);
            update.succeeded();
        }
    });
}

#[test]
fn those_who_retry_wait_out_an_outage_and_cost_one_request_for_each_step_of_the_back_off() {
    let (world, _, before) = stage();
    world.helper(&["forget"]).succeeded();
    world.server().answer_always(Answer::json(503, "{}"));
    let by_option = |_| world.call(&["--retry"]).printing_a_token().spawn();
    let by_variable = |_| world.call(&[]).env("CP_TOKEN_RETRY", "1").printing_a_token().spawn();
    let waiting: Vec<_> = (0..10).map(by_option).chain((0..10).map(by_variable)).collect();
    let program = ["exec", "--retry", "--", "sh", "-c", "test -n \"$CP_TOKEN\""];
    let program = world.spawn_helper(&program);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() == before + 2));
    world.helper(&[]).failed(75).saying("HTTP 503");
    world.helper(&["--retry", "--timeout", "200ms"]).failed(75);
    world.server().answer_normally();
    let mut tokens: Vec<_> = waiting.into_iter().map(|caller| caller.finish().token()).collect();
    tokens.dedup();
    program.finish().succeeded();
    assert_eq!(Some(&tokens), world.server().issued().last().map(|token| vec![token.clone()]).as_ref());
    let arrivals: Vec<_> = world.server().entries()[before..].iter().map(|entry| entry.arrived).collect();
    for (pair, step) in arrivals.windows(2).zip([1, 2, 4, 8, 16, 32]) {
        assert!(pair[1] - pair[0] >= Duration::from_secs(step), "{arrivals:?}");
    }
}

#[test]
fn retrying_waits_for_nothing_that_waiting_does_not_mend() {
    let (world, _, before) = stage();
    world.call(&[]).env("CP_TOKEN_RETRY", "yes").run().failed(64).saying("CP_TOKEN_RETRY");
    world.call(&[]).env("CP_TOKEN_RETRY", "0").run().token();
    world.helper(&["--retry", "-p", "other"]).failed(64);
    world.server().answer_next(Answer::json(401, "{\"error\":\"invalid_client\"}"));
    world.helper(&["--retry", "--fresh"]).failed(77);
    assert_eq!(world.server().token_requests() - before, 1);
}
