//! Promises where the system is short of processes or descriptors: that is what a command names, and no file is blamed.

use cp_token_tests::programs;
use cp_token_tests::world::{Call, Daemon, Launch, Outcome, World};

use crate::stage::{AS_OTHER, by_other, can_be_others, give_world_to_other};

const WORDS: &str = "no more threads or processes";

/// Sets one soft limit of the daemon that runs, as its user may.
fn limit(prlimit: Call, daemon: &Daemon, what: &str) {
    prlimit.args(["--pid", &daemon.pid().to_string(), what]).run().succeeded();
}

/// Nothing is said of a file that was to be made room for, or fixed.
fn names_no_file(outcome: &Outcome) {
    for words in ["make room", "mend", "config file is not", "uncategorized", "chmod"] {
        assert!(!outcome.stderr.to_lowercase().contains(words), "{words}: {outcome:?}");
    }
}

fn create(world: &World, name: &str, options: &[&str]) -> Call {
    let line = ["profile", "create", name, "--url", &world.server().url()];
    let call = by_other(world, world.helper_file()).args(line).args(options);
    call.args(["--ca-bundle"]).args([world.ca_file()])
}

#[test]
fn a_thread_or_process_that_the_system_refuses_is_reported_as_that_and_tokens_are_served() {
    if !can_be_others() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let daemon = world.launch(Launch::by(AS_OTHER));
    let helper = |line: &[&str]| by_other(&world, world.helper_file()).args(line);
    let stored = world.new_client();
    let memory = ["--client-id", &stored.id, "--secret-source", "memory", "--secret-stdin"];
    create(&world, "prod", &memory).stdin(&stored.secret).run().succeeded();
    let token = helper(&[]).printing_a_token().run().token();
    let other = world.new_client();
    let more = ["--client-id", &other.id, "--secret-source", "memory", "--secret-stdin"];
    let second = || create(&world, "second", &more).stdin(&other.secret).run();

    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).expect("its limits");
    let before = limits.lines().find_map(|line| line.strip_prefix("Max processes")).expect("the limit");
    let before = before.split_whitespace().next().expect("the soft one");
    // Its user has one process at least, which is this one.
    limit(by_other(&world, "prlimit"), &daemon, "--nproc=1:");
    let outcome = second().failed(75).saying(WORDS).saying("RLIMIT_NPROC");
    names_no_file(&outcome);
    let outcome = helper(&["daemon", "restart"]).run().failed(69).saying("goes on as before").saying(WORDS);
    names_no_file(&outcome);
    names_no_file(&helper(&["daemon", "reload"]).run().failed(75).saying(WORDS));
    assert_eq!(helper(&["--no-start"]).printing_a_token().run().token(), token);
    limit(by_other(&world, "prlimit"), &daemon, &format!("--nproc={before}:"));
    second().succeeded();
    helper(&["daemon", "restart"]).run().succeeded();
}

#[test]
fn a_restart_for_which_descriptors_are_too_few_names_the_limit() {
    if !programs::is_root() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let own = daemon.descriptors();
    let restart = |more: usize| {
        limit(world.program("prlimit"), &daemon, &format!("--nofile={}:", own + more));
        let outcome = world.helper(&["daemon", "restart"]);
        limit(world.program("prlimit"), &daemon, "--nofile=1024:");
        assert_eq!(world.helper(&["--no-start"]).token(), token);
        outcome
    };
    // From enough to too few: a connection still open at the count makes it a little too high.
    let refused =
        (0..=8).rev().map(restart).find(|outcome| outcome.code != 0).expect("the limits are limits");
    names_no_file(&refused.failed(69).saying("goes on as before").saying("RLIMIT_NOFILE"));
    world.helper(&["daemon", "restart"]).succeeded();
}

#[test]
fn a_start_that_gets_no_descriptors_is_refused_and_is_no_bug() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    let refusing = ["-e", "trace=socketpair", "-e", "inject=socketpair:error=EMFILE"];
    let words = ["strace", "-f", "-qq", "-o", file].into_iter().chain(refusing);
    let outcome = world.try_launch(Launch::by(words)).err().expect("it cannot start").failed(69);
    let outcome = outcome.saying("the daemon cannot start: ").saying("open files");
    assert!(!outcome.stderr.contains("bug"), "{outcome:?}");
    world.launch(Launch::by(["strace", "-f", "-qq", "-o", file, "-e", "trace=socketpair"]));
}
