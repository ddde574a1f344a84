//! Promises of the checks on the way to the daemon, and of a daemon that is locked.

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::{TIMEOUT, World};

use super::{Report, doctor};

#[test]
fn a_daemon_that_does_not_run_is_started_and_one_that_cannot_be_is_a_fault() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.stop_daemon();
    let report = doctor(&world, &[]);
    assert!(
        report.check(None, "daemon")["message"].as_str().is_some_and(|text| text.contains("was started"))
    );
    world.stop_daemon();
    std::fs::remove_file(world.daemon_file()).expect("take the daemon away");
    let report = doctor(&world, &[]);
    assert_eq!((report.checks.len(), report.outcome.code), (1, 69));
    report.failed(None, "daemon", "daemon_unavailable", "");
}

#[test]
fn a_place_that_is_none_or_belongs_to_others_is_a_fault() {
    let world = World::new();
    let relative = Report::of(world.call(&["doctor", "--json"]).env("CP_TOKEN_SOCKET", "here").run());
    relative.failed(None, "socket", "config_broken", "make it start with /");
    relative.ends(78, &["socket"]);
    let no_folder = world.path("ca.pem/daemon.sock");
    let odd = world.call(&["doctor", "--json"]).env("CP_TOKEN_SOCKET", no_folder);
    let report = Report::of(odd.run());
    report.failed(None, "socket", "not_our_daemon", "");
    report.ends(76, &["socket"]);
}

#[test]
fn a_locked_daemon_is_said_to_be_and_names_no_profile() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let passphrase = world.new_secret();
    let input = format!("{passphrase}\n");
    world.call(&["lock", "--passphrase-stdin"]).stdin(&input).run().succeeded();
    let report = doctor(&world, &[]);
    report.failed(None, "lock", "locked", "cp-token unlock");
    report.ok(None, "protections");
    report.ok(None, "state");
    report.ends(77, &["lock"]);
    assert!(!report.outcome.stdout.contains("prod"));
    world.call(&["unlock", "--passphrase-stdin"]).stdin(&input).run().succeeded();
    doctor(&world, &[]).ends(0, &[]);
}

#[test]
fn a_lock_in_the_middle_of_it_ends_it() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.server().answer_api_always(Answer::Stall);
    let doctor = world.spawn_helper(&["doctor", "--json"]);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.api_requests() == 1));
    let input = format!("{}\n", world.new_secret());
    world.call(&["lock", "--passphrase-stdin"]).stdin(&input).run().succeeded();
    let report = Report::of(doctor.finish());
    report.failed(None, "lock", "locked", "cp-token unlock");
    assert!(!report.checks.iter().any(|check| check["check"] == "server"), "it was not waited for");
}
