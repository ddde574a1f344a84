//! Promises about time, with clocks that the test moves under the daemon: set, stepped, and left standing by a
//! suspended machine.

use std::time::{Duration, UNIX_EPOCH};

use cp_token_tests::clock_shim::{Clock, ClockShim};
use cp_token_tests::fake_crashplan::{Answer, FakeCrashPlan, Setup, Transport};
use cp_token_tests::world::{Daemon, TIMEOUT, World, eventually};

const DAY: i64 = 24 * 60 * 60;
const YEAR: i64 = 365 * DAY;
const LIFE: u64 = 900;
const MARGIN: u64 = 60;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Long enough before a boundary for a test on a busy machine.
const SLACK: u64 = 100;

/// A daemon under moved clocks with one profile that holds a token of 15 minutes. The server speaks HTTP where the
/// clock is moved so far that no certificate is valid.
fn stage(transport: Transport) -> Option<(World, ClockShim, Daemon, String)> {
    let world = World::around(FakeCrashPlan::start_with(Setup { transport, ..Setup::default() }));
    let clocks = ClockShim::build(&world)?;
    let daemon = world.launch(clocks.launch());
    let (client, url) = (world.new_client(), world.server().url());
    let creating = world.creating("prod", "memory", &client, &url);
    match transport {
        Transport::Plain => creating.args(["--insecure-http"]).run().succeeded(),
        Transport::Tls(_) => creating.run().succeeded(),
    };
    let token = world.helper(&[]).token();
    Some((world, clocks, daemon, token))
}

#[test]
fn f01_a_wall_clock_set_back_a_day_does_not_lengthen_a_token_life() {
    let Some((world, clocks, _daemon, token)) = stage(Transport::Plain) else { return };
    clocks.set(Clock::Wall, -DAY);
    assert_eq!(world.helper(&[]).token(), token, "it is valid all the same");
    clocks.set(Clock::Monotonic, (LIFE - MARGIN).cast_signed());
    clocks.set(Clock::Boot, (LIFE - MARGIN).cast_signed());
    assert_ne!(world.helper(&[]).token(), token, "it has ended by the clock that nobody sets");
    assert_eq!(world.server().token_requests(), 2);
}

#[test]
fn f02_a_wall_clock_set_forward_ten_years_costs_one_request() {
    let Some((world, clocks, _daemon, token)) = stage(Transport::Plain) else { return };
    clocks.set(Clock::Wall, 10 * YEAR);
    let next = world.helper(&[]).token();
    assert_ne!(next, token);
    for _ in 0..50 {
        assert_eq!(world.helper(&[]).token(), next);
    }
    assert_eq!(world.server().token_requests(), 2);
}

#[test]
fn f03_a_token_ends_while_the_machine_sleeps() {
    let Some((world, clocks, _daemon, token)) = stage(Transport::default()) else { return };
    clocks.suspend(seconds(LIFE / 2));
    assert_eq!(world.helper(&[]).token(), token, "a nap");
    clocks.suspend(seconds(2 * 60 * 60));
    assert_ne!(world.helper(&[]).token(), token, "a night");
    assert_eq!(world.server().token_requests(), 2);
}

#[test]
fn f08_a_clock_that_is_years_off_is_named_and_no_old_token_is_served() {
    let Some((world, clocks, _daemon, _)) = stage(Transport::default()) else { return };
    let now = UNIX_EPOCH.elapsed().map(|time| time.as_secs().cast_signed());
    let now = now.expect("the machine's clock is past 1970");
    for (year, words) in [(1970, "not valid yet"), (2038, "has expired"), (2106, "has expired")] {
        clocks.set(Clock::Wall, (year - 1970) * YEAR + 30 * DAY - now);
        world.helper(&["forget"]).succeeded();
        world.helper(&[]).failed(78).saying(words).saying("this computer's clock is wrong");
    }
    clocks.set(Clock::Wall, 0);
    world.helper(&["forget"]).succeeded();
    world.helper(&[]).token();
}

#[test]
fn a_renewal_ahead_keeps_nobody_waiting() {
    let Some((world, clocks, _daemon, token)) = stage(Transport::default()) else { return };
    world.server().hold();
    clocks.pass(seconds(LIFE * 8 / 10));
    assert_eq!(world.helper(&[]).token(), token);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    for _ in 0..20 {
        assert_eq!(world.helper(&[]).token(), token, "the old one, while the new one is on its way");
    }
    assert_eq!(world.server().token_requests(), 2);
    world.server().release();
    eventually("the new one is there", || world.helper(&[]).token() != token);
    assert_eq!((world.server().token_requests(), world.server().max_in_flight()), (2, 1));
}

#[test]
fn g15_g20_while_the_server_fails_a_token_is_served_to_its_end_and_never_past_it() {
    let Some((world, clocks, daemon, token)) = stage(Transport::default()) else { return };
    world.server().answer_always(Answer::status(503, &[("Retry-After", "300")], ""));
    for age in [LIFE * 8 / 10, LIFE - MARGIN - SLACK] {
        clocks.pass(seconds(age));
        assert_eq!(world.helper(&[]).token(), token, "at {age} s");
        // An attempt that the moved clock caught would seem to have taken too long.
        daemon.wait_for_log("token request failed", 1);
    }
    assert_eq!(world.server().token_requests(), 2);
    clocks.pass(seconds(LIFE - MARGIN));
    world.helper(&[]).failed(75).saying("HTTP 503");
    clocks.pass(seconds(LIFE - MARGIN + 301));
    world.server().answer_normally();
    assert_ne!(world.helper(&[]).token(), token);
}

#[test]
fn a_token_that_nobody_asked_for_lately_is_not_renewed_ahead() {
    let Some((world, clocks, _daemon, token)) = stage(Transport::default()) else { return };
    clocks.pass(seconds(LIFE * 8 / 10));
    // Any request wakes the daemon; this one is for no token.
    for _ in 0..5 {
        world.helper(&["status"]).succeeded();
    }
    assert!(!world.server().wait_for(seconds(1), |ledger| ledger.token_requests() > 1));
    assert_eq!(world.helper(&[]).token(), token);
    assert!(
        world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() == 2),
        "the control: now it is"
    );
}
