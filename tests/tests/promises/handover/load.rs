//! Promises about restarts under constant load.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cp_token_tests::world::{Outcome, World, eventually, processes};

use super::{KINDS, replace_daemon, restart, stage, wait_until_it_runs};
use crate::sizes::{repetitions, tell};

/// A long run has ten times as many.
const RESTARTS: usize = 20;

/// The end of the calls, when it is dropped.
struct End<'o>(&'o AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Calls of all kinds in a loop, from several threads, while `work` goes on: how many, and those that failed.
fn under_load(world: &World, work: impl FnOnce(&AtomicUsize)) -> (usize, Vec<Outcome>) {
    let (over, calls, failed) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for kind in KINDS.iter().chain(&KINDS) {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let outcome = world.call(kind).printing_a_token().run();
                    calls.fetch_add(1, Ordering::Relaxed);
                    if outcome.code != 0 {
                        failed.lock().expect("lock").push(outcome);
                    }
                }
            });
        }
        // Also where the work fails: the callers would go on for ever.
        let _end = End(&over);
        work(&calls);
    });
    (calls.into_inner(), failed.into_inner().expect("lock"))
}

/// Waits until so many more calls have come to their end.
fn more_calls(calls: &AtomicUsize, more: usize) {
    let wanted = calls.load(Ordering::Relaxed) + more;
    eventually("calls come to their end", || calls.load(Ordering::Relaxed) >= wanted);
}

#[test]
fn twenty_restarts_under_constant_load_fail_no_call_and_request_no_token() {
    let world = stage();
    let before = world.server().token_requests();
    let first = world.daemon_pid();
    let (calls, failed) = under_load(&world, |calls| {
        for _ in 0..repetitions(RESTARTS, 10 * RESTARTS) {
            more_calls(calls, 20);
            let said = restart(&world).succeeded().stdout;
            assert!(
                said.contains("took over from") && said.contains("4 tokens and 4 secrets kept"),
                "{said}"
            );
        }
    });
    tell(&format!(
        "{} restarts under {calls} calls, {} of which failed",
        repetitions(RESTARTS, 10 * RESTARTS),
        failed.len()
    ));
    assert!(failed.is_empty(), "of {calls} calls: {failed:?}");
    assert_eq!(world.server().token_requests(), before, "no token is requested again");
    assert_eq!(world.daemon_pid(), first, "in the same process");
}

#[test]
fn an_upgrade_told_by_signal_under_load_fails_no_call_and_runs_the_new_file() {
    let world = stage();
    let before = world.server().token_requests();
    let (calls, failed) = under_load(&world, |calls| {
        for _ in 0..3 {
            let old = world.daemon_pid();
            let same = world.path("bin/same");
            assert!(
                std::process::Command::new("cp")
                    .arg(world.daemon_file())
                    .arg(&same)
                    .status()
                    .expect("cp")
                    .success()
            );
            replace_daemon(&world, &same);
            more_calls(calls, 4);
            processes::signal(old, processes::Signal::USR2);
            wait_until_it_runs(old, &world.daemon_file());
            more_calls(calls, 4);
        }
    });
    assert!(failed.is_empty(), "of {calls} calls: {failed:?}");
    assert_eq!(world.server().token_requests(), before);
}

#[test]
fn without_a_hand_over_the_same_calls_do_fail_and_tokens_are_requested_again() {
    let world = stage();
    let client = world.create_profile("kept", "memory");
    world.helper(&["-p", "kept"]).token();
    let before = world.server().token_requests();
    world.stop_daemon();
    world.helper(&["daemon", "start"]).succeeded();
    for kind in [&["-p", "prod"][..], &["-p", "other"]] {
        world.call(kind).run().failed(69).saying("there is no secret for");
    }
    let reset = world.call(&["profile", "reset-secret", "kept", "--secret-stdin"]);
    reset.stdin(&client.secret).run().succeeded();
    assert_eq!(world.server().token_requests() - before, 1);
}
