//! Promises about what a daemon inherits from whoever starts it: blocked signals and few descriptors.

use std::path::Path;

use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Daemon, Launch, World, eventually};

/// Runs its arguments with every signal blocked, as threads of some languages' runtimes do.
const DEAF: &str = "
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execv(sys.argv[1], sys.argv[1:])
";

/// The signals that a process blocks, as the system shows them.
fn blocked(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).expect("the system tells it");
    u64::from_str_radix(mask.trim(), 16).expect("a number")
}

/// Every wish that a signal is, in the end that to stop.
fn hears(world: &World, pid: u32, log: &dyn Fn() -> String) {
    let config = world.path("config/config.toml");
    let text = std::fs::read_to_string(&config).expect("read the config");
    std::fs::write(&config, text.replace("default = \"prod\"", "default = \"other\"")).expect("change it");
    processes::signal(pid, Signal::HUP);
    let is_other = || world.helper(&["-f", "json"]).succeeded().stdout.contains("\"other\"");
    eventually("SIGHUP is heard", is_other);
    processes::signal(pid, Signal::USR2);
    eventually("SIGUSR2 is heard", || log().contains("took over"));
    processes::signal(pid, Signal::TERM);
    assert!(processes::wait_for_end(pid), "SIGTERM is not heard");
    assert!(!world.socket().exists(), "it ended in order");
}

#[test]
fn a_caller_that_blocks_every_signal_leaves_no_deaf_daemon() {
    if !programs::present(&["python3"]) {
        return;
    }
    let world = World::new();
    let control = world.program("python3").args(["-I", "-c", DEAF, "/bin/sleep", "100"]).spawn();
    let runs = || processes::program(control.pid()).is_some_and(|program| program == Path::new("/bin/sleep"));
    eventually("the control runs", runs);
    assert_ne!(blocked(control.pid()), 0, "the control: what such a caller starts is deaf");
    processes::end(control.pid());
    drop(control.finish());
    for by_helper in [false, true] {
        let world = World::new();
        let daemon = if by_helper {
            let start = world.program("python3").args(["-I", "-c", DEAF]);
            start.args([world.helper_file()]).args(["daemon", "start"]).run().succeeded();
            None
        } else {
            Some(world.launch(Launch::by(["python3", "-I", "-c", DEAF])))
        };
        world.create_profile("prod", "memory");
        world.create_profile("other", "memory");
        let in_state = || std::fs::read_to_string(world.path("state/daemon.log")).unwrap_or_default();
        hears(&world, world.daemon_pid(), &|| daemon.as_ref().map_or_else(in_state, Daemon::log));
        if let Some(mut daemon) = daemon {
            assert_eq!(daemon.wait(), 0);
        }
    }
}

#[test]
fn with_too_few_descriptors_the_daemon_does_not_start_and_says_how_many_it_needs() {
    if !programs::present(&["prlimit"]) {
        return;
    }
    for limit in ["14", "31"] {
        let world = World::new();
        let few = format!("--nofile={limit}");
        let outcome = world.try_launch(Launch::by(["prlimit", &few])).err().expect("it started");
        assert_eq!(outcome.code, 69, "{outcome:?}");
        assert!(outcome.stderr.contains(&format!("{limit} descriptors and needs 32")), "{outcome:?}");
        let outcome = world.program("prlimit").args([&few]).args([world.helper_file()]).run();
        assert_eq!(outcome.code, 69, "{outcome:?}");
        assert!(outcome.stderr.contains("needs 32"), "{outcome:?}");
        for left in world.running() {
            assert!(processes::wait_for_end(left), "it holds the lock");
        }
        world.helper(&["daemon", "start"]).succeeded();
    }
}

#[test]
fn the_limits_of_a_shell_do_not_end_the_daemon_later() {
    if !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    let daemon = world.launch(Launch::by(["prlimit", "--fsize=512:unlimited", "--cpu=1:unlimited"]));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).expect("its limits");
    for name in ["Max file size", "Max cpu time"] {
        let line = limits.lines().find(|line| line.starts_with(name)).expect("a limit");
        assert!(line.contains("unlimited"), "{line}");
    }
    let world = World::new();
    let daemon = world.launch(Launch::by(["prlimit", "--fsize=64:64"]));
    let client = world.new_client();
    let outcome = world.creating("prod", "memory", &client, &world.server().url()).run();
    assert_ne!(outcome.code, 0, "the control: the file does not fit");
    assert!(outcome.stderr.contains("limit on files") && outcome.stderr.contains("--fsize="), "{outcome:?}");
    assert!(!outcome.stderr.contains("closed the connection"), "{outcome:?}");
    assert_eq!(world.daemon_pid(), daemon.pid(), "it goes on");
}

#[test]
fn with_too_little_processor_time_the_daemon_does_not_start_and_says_how_much_it_needs() {
    if !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    let outcome = world.try_launch(Launch::by(["prlimit", "--cpu=30:30"])).err().expect("it started");
    assert_eq!(outcome.code, 69, "{outcome:?}");
    assert!(outcome.stderr.contains("30 s of processor time and needs 60"), "{outcome:?}");
    let outcome = world.program("prlimit").args(["--cpu=30:30"]).args([world.helper_file()]).run();
    assert_eq!(outcome.code, 69, "{outcome:?}");
    assert!(outcome.stderr.contains("needs 60") && outcome.stderr.contains("ulimit -t"), "{outcome:?}");
    world.helper(&["daemon", "start"]).succeeded();
}

#[test]
fn a_limit_on_processor_time_that_will_end_the_daemon_is_named_by_status_doctor_and_log() {
    if !programs::present(&["prlimit"]) {
        return;
    }
    for (limit, is_named) in [("--cpu=7200:7200", true), ("--cpu=7200:unlimited", false)] {
        let world = World::new();
        let daemon = world.launch(Launch::by(["prlimit", limit]));
        let status = world.helper(&["status"]).succeeded().stdout;
        assert_eq!(status.contains("no limit on processor time: off"), is_named, "{status}");
        assert_eq!(status.contains("after 7200 s") && status.contains("ulimit -t"), is_named, "{status}");
        let doctor = world.helper(&["doctor"]).stdout;
        let line = |check: &str| doctor.lines().find(|line| line.contains(check)).unwrap_or_default();
        let is_noted = line("limits ").starts_with("warn") && line("limits ").contains("ulimit -t");
        assert_eq!(is_noted, is_named, "{doctor}");
        assert!(
            line("protections ").contains(" on") && !line("protections ").contains("processor"),
            "{doctor}"
        );
        assert_eq!(daemon.log().contains("processor time is limited"), is_named, "{}", daemon.log());
    }
}
