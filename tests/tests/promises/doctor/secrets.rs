//! Promises of the checks of a profile's secret, wherever it is kept, and of what the daemon knows of its token.

use std::os::unix::fs::PermissionsExt;

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::World;

use super::{doctor, unverified_profile};

#[test]
fn a_refused_secret_is_a_fault_until_a_person_says_otherwise() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    doctor(&world, &[]).ok(Some("prod"), "secret");
    let new = world.new_secret();
    world.server().reset_secret(&client.id, &new);
    world.helper(&["--fresh"]).failed(77);
    let report = doctor(&world, &[]);
    report.failed(Some("prod"), "secret", "secret_refused", "cp-token profile reset-secret prod");
    assert_eq!(report.outcome.code, 77);
    world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&new).run().succeeded();
    doctor(&world, &[]).ends(0, &[]);
}

#[test]
fn a_cool_down_is_a_fault_with_the_reason_of_the_last_failure() {
    let world = World::new();
    unverified_profile(&world, "prod", &world.server().url());
    world.server().answer_always(Answer::status(503, &[], ""));
    world.helper(&[]).failed(75);
    let report = doctor(&world, &[]);
    report.failed(Some("prod"), "token", "server_failed", "ask again later");
    report.ends(75, &["token"]);
}

#[test]
fn a_secret_that_only_memory_held_is_missed_after_a_restart() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.stop_daemon();
    let report = doctor(&world, &[]);
    report.failed(Some("prod"), "secret", "secret_absent", "cp-token profile reset-secret prod");
    report.ends(69, &["secret"]);
}

#[test]
fn e12_a_file_that_others_may_read_and_a_program_that_fails_are_faults() {
    let world = World::new();
    let (client, file) = (world.new_client(), world.path("bin/secret"));
    let set = |text: &str, mode| {
        std::fs::write(&file, text).expect("write it");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set its mode");
    };
    set(&client.secret, 0o600);
    let url = world.server().url();
    let (ca, place) = (world.ca_file(), file.to_str().expect("UTF-8"));
    let line =
        ["profile", "create", "prod", "--url", &url, "--client-id", &client.id, "--secret-file", place];
    world.call(&line).args(["--ca-bundle", ca.to_str().expect("UTF-8")]).run().succeeded();
    doctor(&world, &[]).ends(0, &[]);
    set(&client.secret, 0o644);
    let report = doctor(&world, &[]);
    report.failed(Some("prod"), "secret", "secret_file_unusable", "chmod 600");
    report.ends(69, &["secret"]);
    set("", 0o600);
    assert_eq!(doctor(&world, &[]).check(Some("prod"), "secret")["severity"], "error");
    set(&client.secret, 0o600);
    let line = format!("/bin/cat {place}");
    world.helper(&["profile", "update", "prod", "--no-verify", "--secret-command", &line]).succeeded();
    doctor(&world, &[]).ends(0, &[]);
    std::fs::remove_file(&file).expect("take the file away");
    let report = doctor(&world, &[]);
    report.failed(Some("prod"), "secret", "secret_command_failed", "");
    report.ends(69, &["secret"]);
}

#[test]
fn what_works_and_should_not_be_so_is_a_note() {
    let world = World::new();
    let password = world.new_secret();
    world.server().add_user("jo", &password, None);
    let (url, ca) = (world.server().url(), world.ca_file());
    let line = ["profile", "create", "old", "--url", &url, "--username", "jo", "--basic", "--secret-stdin"];
    let line = world.call(&line).args(["--secret-source", "memory", "--ca-bundle"]).args([ca]);
    assert_eq!(line.stdin(&password).run().code, 0, "with a warning");
    let report = doctor(&world, &[]);
    report.warned(Some("old"), "kind", "deprecated");
    report.ends(0, &[]);
}
