//! Races for the daemon's place, and daemons that lost theirs.

use std::collections::HashMap;
use std::path::Path;

use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Launch, Outcome, Running, World};

const LONG: &str = "CP_TOKEN_TESTS_LONG";

fn rounds(sample: usize, all: usize) -> usize {
    if std::env::var_os(LONG).is_some() { all } else { sample }
}

/// Starts that many helpers at once; how they ended.
fn race(world: &World, count: usize, arguments: &[&str]) -> Vec<Outcome> {
    let running: Vec<_> = (0..count).map(|_| world.spawn_helper(arguments)).collect();
    running.into_iter().map(Running::finish).collect()
}

#[test]
fn b01_fifty_cold_callers_have_one_daemon_in_every_round() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    for _ in 0..rounds(4, 200) {
        for outcome in race(&world, 50, &["status"]) {
            // A status starts no daemon, so the first round of callers may find none.
            assert!([0, 69].contains(&outcome.code), "{outcome:?}");
        }
        for outcome in race(&world, 50, &[]) {
            outcome.failed(78).saying("there is no profile");
        }
        let pid = world.daemon_pid();
        world.helper(&["daemon", "stop", "--yes"]).succeeded();
        assert!(processes::wait_for_end(pid) && world.running().is_empty());
    }
}

#[test]
fn b02_a_stale_socket_is_replaced_once_however_many_race_for_it() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    for _ in 0..rounds(15, 500) {
        race(&world, 8, &[]).into_iter().for_each(|outcome| drop(outcome.failed(78)));
        let pid = world.daemon_pid();
        processes::end(pid);
        assert!(world.socket().exists(), "the control: a stale socket is left behind");
        let racers = race(&world, 8, &["daemon", "start"]);
        racers.into_iter().for_each(|outcome| drop(outcome.succeeded()));
        assert_ne!(world.daemon_pid(), pid);
        processes::end(world.daemon_pid());
    }
}

/// The same without the helper's lock between the racers: bare daemons.
#[test]
fn b02_of_eight_bare_daemons_exactly_one_takes_the_place() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    for _ in 0..rounds(10, 500) {
        let racers: Vec<_> = std::thread::scope(|scope| {
            let race = |_| scope.spawn(|| world.try_launch(Launch::default()));
            let racers: Vec<_> = (0..8).map(race).collect();
            racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
        });
        let winner = racers.iter().filter_map(|racer| racer.as_ref().ok()).map(|daemon| daemon.pid());
        assert_eq!(winner.collect::<Vec<_>>(), [world.daemon_pid()]);
        let losers = racers.iter().filter_map(|racer| racer.as_ref().err());
        assert!(losers.clone().count() == 7 && losers.clone().all(|loser| loser.code == 69));
        world.helper(&["status"]).succeeded();
        processes::end(world.daemon_pid());
    }
}

#[test]
fn b03_a_daemon_that_lost_its_place_takes_nothing_from_the_one_that_has_it() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let old = world.daemon();
    std::fs::remove_dir_all(world.path("run/cp-token")).expect("take the folder away");
    world.helper(&["daemon", "start"]).succeeded();
    let new = processes::running(&[world.daemon_file()]);
    assert_eq!(new.len(), 2, "the control: both run");
    assert_eq!(old.terminate(), 0);
    assert!(world.socket().exists());
    world.helper(&["status"]).succeeded();
    assert_eq!(new.iter().filter(|pid| **pid == world.daemon_pid()).count(), 1);
}

#[test]
fn b03_a_name_that_somebody_else_has_taken_is_not_removed() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let other = world.path("run/cp-token/other.sock");
    let _other = std::os::unix::net::UnixListener::bind(&other).expect("listen");
    std::fs::rename(&other, world.socket()).expect("take the name");
    assert_eq!(daemon.terminate(), 0);
    assert!(world.socket().exists());
}

/// Runs the daemon until its `number`th such call ends it. Whether it did.
fn dies_at(world: &World, call: &str, number: usize) -> bool {
    let order = format!("inject={call}:signal=KILL:when={number}");
    let line = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &order];
    match world.try_launch(Launch::by(line)) {
        Err(_) => true,
        Ok(daemon) => {
            daemon.kill();
            false
        }
    }
}

/// Every call of a start as its name and how many of that name came before it: strace counts each on its own.
fn calls_of_a_start(world: &World) -> Vec<(String, usize)> {
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    world.launch(Launch::by(["strace", "-f", "-qq", "-o", file])).kill();
    let trace = std::fs::read_to_string(&trace).expect("read the trace");
    let mut seen = HashMap::new();
    let names = trace
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1)?.split_once('(').map(|(name, _)| name));
    let count = |name: &str| {
        let count = seen.entry(name.to_owned()).or_insert(0);
        *count += 1;
        (name.to_owned(), *count)
    };
    names.map(count).collect()
}

#[test]
#[allow(clippy::print_stderr, reason = "a failure is repeated from the offset")]
fn b04_a_start_that_is_killed_at_any_of_its_calls_is_in_nobodys_way() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    let config =
        "[profile.prod]\nurl = \"https://a.example\"\nclient_id = \"key-1\"\nsecret_source = \"memory\"\n";
    std::fs::write(world.config_folder().join("config.toml"), config).expect("write a config");
    let calls = calls_of_a_start(&world);
    let step = rounds(8, 1);
    let offset = std::process::id() as usize % step;
    eprintln!("each {step}th of {} calls from {offset}", calls.len());
    let mut deaths = 0;
    for (call, number) in calls.iter().skip(offset).step_by(step) {
        deaths += usize::from(dies_at(&world, call, *number));
        world.helper(&["daemon", "start"]).succeeded();
        processes::end(world.daemon_pid());
    }
    assert!(deaths > calls.len() / step / 2, "the control: {deaths} starts were killed");
}

#[test]
fn b05_a_start_that_is_killed_around_the_lock_the_name_or_the_listening_is_made_good_by_the_next() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    for call in ["flock", "bind", "listen"] {
        assert!(dies_at(&world, call, 1), "the control: the daemon calls {call}");
        world.helper(&[]).failed(78).saying("there is no profile");
        let pid = world.daemon_pid();
        processes::end(pid);
    }
}

#[test]
fn b06_a_stopped_daemon_is_neither_waited_for_nor_replaced() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    daemon.signal(Signal::STOP);
    world.helper(&[]).failed(75).saying("the daemon does not answer");
    world.helper(&["status"]).failed(75).saying("the daemon does not answer");
    race(&world, 10, &["--timeout", "1s"]).into_iter().for_each(|outcome| drop(outcome.failed(75)));
    assert_eq!(world.running(), [daemon.pid()]);
    daemon.signal(Signal::CONT);
    assert_eq!(world.helper(&[]).token(), token);
}

#[test]
fn b17_a_daemon_whose_folder_is_gone_leaves_and_another_one_is_started() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let mut daemon = world.daemon();
    std::fs::remove_dir_all(world.path("run/cp-token")).expect("take the folder away");
    // It looks around every half minute.
    assert_eq!(daemon.wait(), 0);
    world.helper(&[]).failed(78).saying("there is no profile");
    assert!(Path::new(&world.socket()).exists());
}

#[test]
fn b20_whoever_waits_when_the_daemon_is_ended_is_told_and_nobody_hangs() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    world.helper(&["forget"]).succeeded();
    world.server().hold();
    let waiting: Vec<_> = (0..100).map(|_| world.spawn_helper(&["--no-start"])).collect();
    assert!(world.server().wait_for(cp_token_tests::world::TIMEOUT, |ledger| ledger.in_flight() == 1));
    assert_eq!(daemon.terminate(), 0);
    world.server().release();
    for outcome in waiting.into_iter().map(Running::finish) {
        assert!([75, 69].contains(&outcome.code) && outcome.stdout.is_empty(), "{outcome:?}");
    }
}
