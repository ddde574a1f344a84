//! Promises of the trial of the keyring: by a write, whoever keeps it, and a fault only where a profile needs it.

use cp_token_tests::world::processes::Signal;
use cp_token_tests::world::{FakeSecrets, World, eventually};

use super::doctor;

#[test]
fn i01_without_a_keyring_only_a_profile_that_rests_in_it_is_at_fault() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "memory");
    world.keyring().stop_service();
    let report = doctor(&world, &[]);
    report.warned(None, "keyring", "no profile uses it");
    report.ends(0, &[]);
    world.keyring().start_service();
    world.create_profile("audit", "keyring");
    doctor(&world, &[]).ends(0, &[]);
    world.keyring().stop_service();
    let report = doctor(&world, &[]);
    report.failed(None, "keyring", "keyring_unavailable", "start a keyring service");
    report.failed(Some("audit"), "secret", "keyring_unavailable", "--secret-source memory");
    report.ends(69, &["keyring", "secret"]);
}

#[test]
fn i01_a_keyring_that_is_locked_or_hung_is_told_apart_and_keeps_nothing_of_the_trial() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    world.keyring().lock();
    let report = doctor(&world, &[]);
    report.failed(None, "keyring", "keyring_locked", "unlock the keyring");
    report.ends(69, &["keyring", "secret"]);
    world.keyring().restart_service();
    world.keyring().signal(Signal::STOP);
    doctor(&world, &[]).failed(None, "keyring", "keyring_timed_out", "waits for an answer on your screen");
    world.keyring().signal(Signal::CONT);
    // The call that hung ends first; until then the keyring counts as busy.
    eventually("the keyring answers", || doctor(&world, &[]).outcome.code == 0);
    let left = world.keyring().secret_tool(&["search", "--all", "service", "cp-token-doctor"], "");
    assert_eq!(left, "");
}

#[test]
fn i03_a_keyring_service_that_takes_nothing_is_found_out_by_the_write_and_sent_nothing_in_the_open() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    world.keyring().stop_service();
    let impostor = FakeSecrets::start(&world);
    let report = doctor(&world, &[]);
    report.failed(None, "keyring", "keyring_unavailable", "--secret-source memory");
    let asked = impostor.asked();
    assert!(!asked.is_empty() && asked.iter().all(|kind| kind.starts_with("dh-")), "{asked:?}");
}
