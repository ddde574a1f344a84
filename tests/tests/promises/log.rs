//! Promises of `cp-token log`: who asked for what, when, and what came of it, bounded and without a secret.

mod file;

use std::path::PathBuf;
use std::time::Duration;

use cp_token_tests::clock_shim::ClockShim;
use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::{ASK_FOR_A_TOKEN, TIMEOUT, World, eventually, frame};
use serde_json::Value;

fn entries(world: &World) -> Vec<Value> {
    world.helper(&["log", "-n", "5000", "--json"]).json().as_array().expect("an array").clone()
}

/// What, outcome and code of each entry.
fn deeds(world: &World) -> Vec<String> {
    let word = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let outcome = |entry: &Value| {
        format!("{} {} {}", word(entry, "operation"), word(entry, "outcome"), word(entry, "code"))
            .trim()
            .to_owned()
    };
    entries(world).iter().map(outcome).collect()
}

/// The shell under another name, which is what the kernel then calls it.
fn shell_called(world: &World, name: &str) -> PathBuf {
    let file = world.path("bin").join(name);
    std::os::unix::fs::symlink("/bin/sh", &file).expect("give the shell another name");
    file
}

#[test]
fn the_program_that_asks_is_named_with_its_number_and_so_is_the_helper() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let script = shell_called(&world, "deploy.sh");
    let outcome =
        world.program(script).args(["-c", "echo $$; cp-token >/dev/null; echo $?"]).run().succeeded();
    let number = outcome.stdout.lines().next().expect("a number").parse::<u64>().expect("a number");
    let entries = entries(&world);
    let [create, get] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((&create["operation"], &create["outcome"]), (&"profile-create".into(), &"done".into()));
    assert_eq!(
        (&get["operation"], &get["outcome"], &get["profile"]),
        (&"get".into(), &"served".into(), &"prod".into())
    );
    assert_eq!((&get["pid"], &get["program"]), (&number.into(), &"deploy.sh".into()));
    assert!(
        get["helper_program"] == "cp-token" || get["helper_program"] == "",
        "older kernels tell it: {get}"
    );
    assert!(get["helper_pid"].as_u64().is_some_and(|pid| pid > 0 && pid != number));
    assert_eq!(get["uid"], u64::from(rustix::process::geteuid().as_raw()));
    let line = world.helper(&["log"]).succeeded().stdout.lines().last().expect("a line").to_owned();
    assert!(line.contains("prod  get") && line.contains(&format!("{number} deploy.sh by ")), "{line}");
}

#[test]
fn what_came_of_each_request_is_reported_and_what_the_daemon_asked_of_the_server() {
    let world = World::new();
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    world.helper(&["--fresh"]).token();
    assert_eq!(
        deeds(&world),
        ["profile-create done", "token-request issued", "get-fresh issued"],
        "the proof of a creation is part of it"
    );
    let token = world.helper(&[]).token();
    world.server().hold();
    let first = world.call(&["--rejected"]).stdin(&token).spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let second = world.spawn_helper(&[]);
    let mut third = world.raw();
    third.send(&frame(&ASK_FOR_A_TOKEN));
    assert!(!third.body().is_empty(), "a sign of life");
    drop(third);
    eventually("it is in the log", || deeds(&world).contains(&"get abandoned".to_owned()));
    world.server().release();
    first.finish().token();
    second.finish().token();
    world.server().answer_next(Answer::status(503, &[], ""));
    world.helper(&["--fresh"]).failed(75);
    world.helper(&["-p", "test"]).failed(64);
    world.helper(&["forget", "--all"]).succeeded();
    world.helper(&["daemon", "reload"]).succeeded();
    world.helper(&["status"]).succeeded();
    world.helper(&["profile", "list"]).succeeded();
    let outcome = deeds(&world);
    for (operation, times) in [
        ("get-rejected issued", 1),
        ("get-fresh failed server_failed", 1),
        ("token-request failed server_failed", 1),
        ("token-request issued", 2),
        ("get failed unknown_profile", 1),
        ("forget done", 1),
        ("reload done", 1),
        ("get abandoned", 1),
    ] {
        assert_eq!(outcome.iter().filter(|it| *it == operation).count(), times, "{operation} in {outcome:?}");
    }
    let later = outcome.iter().filter(|it| ["get waited", "get served"].contains(&it.as_str()));
    assert_eq!(later.count(), 2, "the second one came before or after the answer: {outcome:?}");
}

#[test]
fn a_renewal_that_nobody_asked_for_is_reported_as_the_daemons_own() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    clocks.pass(Duration::from_secs(13 * 60));
    world.helper(&[]).token();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.issued().len() == 2));
    eventually("it is in the log", || deeds(&world).contains(&"renewal issued".to_owned()));
    let entries = entries(&world);
    let own = entries.iter().find(|entry| entry["operation"] == "renewal").expect("a renewal");
    assert!(["uid", "pid", "program", "helper_pid"].iter().all(|field| own[*field].is_null()), "{own}");
    assert!(world.helper(&["log"]).succeeded().stdout.contains("renewal         issued  cp-tokend"));
}

#[test]
fn the_log_is_bounded_and_its_newest_entries_are_last() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.helper(&["forget"]).succeeded();
    world.helper(&[]).token();
    let request = frame(&ASK_FOR_A_TOKEN);
    for _ in 0..1100 {
        let mut raw = world.raw();
        raw.send(&request);
        assert!(raw.rest().len() > 100);
    }
    let all = entries(&world);
    let numbers: Vec<u64> = all.iter().filter_map(|entry| entry["number"].as_u64()).collect();
    let last = numbers.last().copied().expect("entries");
    assert_eq!(numbers, (last - 999..=last).collect::<Vec<_>>());
    assert_eq!(
        all[999]["helper_pid"],
        std::process::id(),
        "whoever speaks the protocol itself is its own helper"
    );
    assert_eq!(world.helper(&["log"]).succeeded().stdout.lines().count(), 50);
    assert_eq!(world.helper(&["log", "-n", "3"]).succeeded().stdout.lines().count(), 3);
    assert_eq!(world.helper(&["log", "-n", "0"]).succeeded().stdout, "");
}

#[test]
fn g11_a_program_that_gives_itself_an_evil_name_moves_no_cursor() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let evil = shell_called(&world, "\x1b[31m\n)evil(");
    world.program(evil).args(["-c", "cp-token >/dev/null; cp-token log >/dev/null"]).run().succeeded();
    let outcome = world.helper(&["log"]).succeeded().stdout;
    assert!(!outcome.contains('\x1b') && outcome.lines().count() == 2, "{outcome:?}");
    assert_eq!(entries(&world)[1]["program"], "?[31m?)evil(");
}

#[test]
fn without_a_daemon_there_is_no_log_and_a_locked_one_keeps_it_to_itself() {
    let world = World::new();
    world.helper(&["log"]).failed(69).saying("no daemon runs");
    world.create_profile("prod", "memory");
    let input = format!("{}\n", world.new_secret());
    world.call(&["lock", "--passphrase-stdin"]).stdin(&input).run().succeeded();
    world.helper(&["log"]).failed(77).saying("locked");
    world.helper(&[]).failed(77);
    world.call(&["unlock", "--passphrase-stdin"]).stdin(&input).run().succeeded();
    assert_eq!(deeds(&world), ["profile-create done", "lock done", "get failed locked", "unlock done"]);
}
