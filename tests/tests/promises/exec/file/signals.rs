//! Promises of `cp-token exec --file` under every signal that can be caught and would end it.

use std::path::PathBuf;

use cp_token_tests::programs;
use cp_token_tests::world::processes;

use super::{Memory, keeping};
use crate::exec::{ignoring_children, wait_for_file, world};

/// By number, since a real-time signal has no name.
#[test]
fn whatever_signal_would_end_it_reaches_the_program_and_takes_the_file_away() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let line = "ulimit -c 0; echo x > started; exec sleep 1000";
    for signal in [4, 5, 6, 7, 8, 11, 14, 16, 24, 25, 26, 27, 29, 30, 31, 40, 64] {
        let running = keeping(&world, &memory, line).spawn();
        wait_for_file(&world, "started");
        let kill = format!("kill -{signal} {}", running.pid());
        world.program("sh").args(["-c", &kill]).run().succeeded();
        assert_eq!(running.finish().code, 128 + signal);
        assert_eq!(memory.content(), Vec::<PathBuf>::new(), "signal {signal}");
    }
}

/// An alarm outlives `exec`, and the kernel sends it to us alone.
#[test]
fn an_alarm_that_was_set_before_ends_the_program_and_takes_the_file_away() {
    if !programs::present(&["perl"]) {
        return;
    }
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let alarm = world.program("perl").args(["-e", "alarm 2; exec @ARGV"]).args([world.helper_file()]);
    let line = "echo $$ > pid; exec sleep 1000";
    let outcome =
        alarm.args(["exec", "--file", "--", "sh", "-c", line]).env("XDG_RUNTIME_DIR", &memory.0).run();
    assert_eq!((outcome.code, memory.content()), (142, Vec::new()));
    // On a machine that is too busy it may not have come that far.
    if let Ok(pid) = std::fs::read_to_string(world.path("pid")) {
        assert!(processes::wait_for_end(pid.trim().parse().expect("a number")));
    }
}

/// The C library keeps the first real-time signals for itself; which ones, and whether it lets a program have 34, is its
/// own affair. One of them that is not passed on waits.
#[test]
fn a_signal_that_the_c_library_keeps_for_itself_leaves_no_file_behind() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    for signal in [32, 33, 34] {
        let running = keeping(&world, &memory, "echo x > started; exec sleep 1000").spawn();
        wait_for_file(&world, "started");
        let kill = format!("kill -{signal} {0}; kill -TERM {0}", running.pid());
        world.program("sh").args(["-c", &kill]).run();
        let code = running.finish().code;
        assert!(code == 143 || (code == 162 && signal == 34), "signal {signal}: {code}");
        assert_eq!(memory.content(), Vec::<PathBuf>::new(), "signal {signal}");
    }
}

#[test]
fn a_caller_that_ignores_its_children_is_given_the_programs_own_end() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let ended = |line: &str| Some(ignoring_children(&world, line)?.env("XDG_RUNTIME_DIR", &memory.0).run());
    let Some(outcome) = ended("cp-token exec --file -- sh -c 'test -s \"$CP_TOKEN_FILE\" && exit 4'") else {
        return;
    };
    assert_eq!((outcome.code, outcome.stderr.as_str()), (4, ""));
    assert_eq!(memory.content(), Vec::<PathBuf>::new());
    // The program ignores what its caller's caller does, as if it had been called by it.
    let show = "grep SigIgn: /proc/self/status";
    let shown = [show, &format!("cp-token exec --file -- {show}")]
        .map(|line| ended(line).map(|result| result.stdout));
    assert_eq!(shown[0], shown[1]);
}
