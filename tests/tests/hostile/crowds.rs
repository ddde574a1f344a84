//! Attacks by callers who do not wait for their answer, and by those who wait for one that does not come.

use cp_token_tests::fake_crashplan::{FakeCrashPlan, Setup};
use cp_token_tests::programs;
use cp_token_tests::world::{Launch, Raw, TIMEOUT, World, eventually, frame};

/// Asks for a token of that profile within 30 seconds.
fn ask_for(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).expect("a short name");
    frame(&[&[0, 1, length], name.as_bytes(), &[0, 0, 0xfb, 0x30, 0x75, 0, 0, 0]].concat())
}

/// Reports that token as rejected, with a millisecond of patience.
fn report(token: &str) -> Vec<u8> {
    let length = u8::try_from(token.len()).expect("a short token");
    frame(&[&[0, 0, 1, length], token.as_bytes(), &[0, 1, 0, 0, 0]].concat())
}

#[test]
fn callers_who_leave_during_an_attempt_are_forgotten_at_once() {
    let count = if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { 500_000 } else { 10_000 };
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    world.helper(&["forget"]).succeeded();
    world.server().hold();
    let waiting = world.spawn_helper(&["--retry"]);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let leave = |numbers: std::ops::Range<usize>| {
        for number in numbers {
            world.raw().send(&report(&format!("rejected-{number}")));
        }
    };
    leave(0..1000);
    let before = daemon.anonymous_kib();
    leave(1000..count);
    eventually("what they asked for is forgotten", || daemon.anonymous_kib() <= before + before / 10 + 256);
    world.helper(&["status"]).succeeded();
    world.server().release();
    waiting.finish().token();
}

#[test]
fn who_waits_for_a_profile_that_hangs_shuts_nobody_else_out() {
    if !programs::is_root() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    let _daemon = world.launch(Launch::by(["prlimit", "--nofile=128:128"]));
    let setup = Setup { authority: world.server().authority().clone(), ..Setup::default() };
    let hanging = FakeCrashPlan::start_with(setup);
    let client = world.new_client();
    hanging.add_client(&client.id, &client.secret);
    world.creating("slow", "memory", &client, &hanging.url()).args(["--no-verify"]).run().succeeded();
    world.create_profile("quick", "memory");
    hanging.hold();
    let mut crowd: Vec<Raw> = (0..90).map(|_| world.raw()).collect();
    crowd.iter_mut().for_each(|raw| raw.send(&ask_for("slow")));
    assert!(hanging.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let let_in = crowd.iter_mut().filter_map(|raw| (raw.body() == [0]).then_some(())).count();
    assert!((20..=60).contains(&let_in), "{let_in} of 90 wait, and the others are told at once");
    world.helper(&["-p", "quick"]).token();
    world.helper(&["-p", "quick", "--fresh"]).token();
    world.helper(&["status"]).succeeded();
    let one_more = world.spawn_helper(&["-p", "slow"]);
    world.helper(&["doctor", "-p", "quick"]).succeeded();
    assert_eq!(hanging.in_flight(), 1, "they hang all the while");
    hanging.release();
    one_more.finish().token();
}
