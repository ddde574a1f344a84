//! Promises about a credential whose request got an answer that is neither yes nor no: that may have counted as a failed
//! login, so every profile that would send the same keeps the pause after it.

use std::time::Duration;

use cp_token_tests::clock_shim::ClockShim;
use cp_token_tests::fake_crashplan::{Answer, Ending};
use cp_token_tests::world::{Daemon, TIMEOUT, World, eventually};

use super::USER;
use super::turns::{NAMES, get_all, of_one_client};
use crate::refused::{secret_file, write_config, written};
use crate::test_user::{TestUser, creating};

/// So many requests are too many, though on a slow machine some begin after the pause; without it there are as many as
/// profiles.
pub(super) const TOO_MANY: usize = NAMES.len() / 2 + 1;

fn failing() -> Answer {
    Answer::json(500, "{}")
}

/// A profile for each name, of one user with a wrong password.
fn of_one_user() -> (World, Daemon) {
    let world = World::new();
    let daemon = world.daemon();
    world.server().add_user("jo@example.com", &world.new_secret(), None);
    secret_file(&world, &world.new_secret());
    write_config(&world, &NAMES.map(|name| written(&world, name, USER, "")));
    (world, daemon)
}

#[test]
fn a_secret_that_a_failing_server_may_have_refused_is_not_sent_for_every_profile() {
    let reset = Answer::Bytes { bytes: Vec::new(), ending: Ending::Reset };
    let of_one_client = || of_one_client(|world, _| world.new_secret());
    for (answer, is_client) in [(failing(), false), (reset, false), (failing(), true)] {
        let (world, _daemon) = if is_client { of_one_client() } else { of_one_user() };
        world.server().answer_always(answer);
        let outcomes = get_all(&world, &[]).into_iter().map(|outcome| outcome.failed(75));
        let outcomes: Vec<_> = outcomes.map(|outcome| outcome.saying("asked again in")).collect();
        let not_sent = "no token was requested, because the request of profile";
        assert!(outcomes.iter().any(|outcome| outcome.stderr.contains(not_sent)), "{outcomes:?}");
        let sent = world.server().token_requests();
        assert!((1..TOO_MANY).contains(&sent), "{sent}");
        world.server().answer_normally();
        for outcome in get_all(&world, &["--retry"]) {
            outcome.failed(77);
        }
        assert!(world.server().token_requests() < sent + TOO_MANY, "it was refused once");
    }
}

#[test]
fn callers_who_retry_cost_one_request_for_each_pause_whatever_their_profiles() {
    let (world, _daemon) = of_one_user();
    world.server().answer_always(failing());
    for outcome in get_all(&world, &["--retry", "--timeout", "4s"]) {
        outcome.failed(75);
    }
    // After 0, 1 and 3 seconds.
    let sent = world.server().token_requests();
    assert!((2..TOO_MANY).contains(&sent), "{sent}");
}

/// A client's secret that works is sent by all at once; not so after a failure.
#[test]
fn a_secret_that_worked_is_tried_by_one_after_a_failure() {
    let (world, _daemon) = of_one_client(|_, client| client.secret.clone());
    world.helper(&["-p", NAMES[0]]).token();
    world.server().answer_next(failing());
    world.helper(&["-p", NAMES[1]]).failed(75);
    world.server().hold();
    let first = world.call(&["-p", NAMES[0], "--fresh", "--retry"]).printing_a_token().spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let waits = |name: &&str| {
        let outcome = world.helper(&["-p", name, "--timeout", "1s"]).failed(75);
        outcome.stderr.contains("it waits for profile")
    };
    eventually("another one waits", || NAMES[1..].iter().any(waits));
    world.server().release();
    first.finish().token();
}

/// Users of one name and password whose secrets lie in memory, and whose next pause is a minute long.
fn after_a_minutes_pause(world: &World, clocks: &ClockShim, jo: &TestUser) {
    for name in ["a", "b", "c"] {
        creating(world, jo, name).stdin(&jo.password).args(["--no-verify"]).run().succeeded();
    }
    world.server().answer_always(failing());
    for round in 1..=7 {
        clocks.pass(Duration::from_secs(round * 100));
        world.helper(&["-p", "a"]).failed(75).saying("HTTP 500");
    }
    assert_eq!(world.server().token_requests(), 7);
    world.server().answer_normally();
}

#[test]
fn neither_another_profile_nor_a_restart_nor_forget_ends_the_pause_but_another_secret_does() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let right = TestUser::new(&world);
    world.server().add_user(&right.name, &right.password, None);
    let jo = TestUser { password: world.new_secret(), name: right.name.clone() };
    after_a_minutes_pause(&world, &clocks, &jo);
    let is_paused = |name: &str| {
        let outcome = world.helper(&["-p", name]).failed(75);
        outcome.saying("the request of profile a with the same password failed").saying("asked again in")
    };
    is_paused("b");
    world.helper(&["daemon", "restart"]).succeeded();
    is_paused("c");
    world.helper(&["forget", "-p", "c"]).succeeded();
    is_paused("c");
    let again = world.call(&["profile", "update", "c", "--no-proxy", "x.example"]).run().failed(75);
    again.saying("asked again in");
    assert_eq!(world.server().token_requests(), 7, "nothing was sent");
    let reset = world.call(&["profile", "reset-secret", "c", "--secret-stdin", "--no-verify"]);
    reset.stdin(&right.password).run().succeeded();
    world.helper(&["-p", "c"]).token();
    assert_eq!(world.server().token_requests(), 8, "the control: another password is sent at once");
}
