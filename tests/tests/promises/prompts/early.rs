//! Promises that a secret is asked for last: whatever else is wrong with a new profile is said before it is typed.

use std::os::unix::fs::PermissionsExt;

use cp_token_tests::world::World;

use crate::lock::{lock, unlock};

/// What each question for a secret ends with.
const QUESTION: &str = "(not shown): ";

/// That these words at a terminal end with this code and this text, and that no secret is asked for.
fn refused_unasked(world: &World, words: &str, code: i32, result: &str) {
    let helper = world.helper_file().display().to_string();
    // One that asks all the same waits for an answer.
    let line: Vec<&str> = ["--foreground", "60", &helper].into_iter().chain(words.split(' ')).collect();
    let outcome = world.dialogue_with("timeout", &line).end();
    assert!(
        outcome.code == code && outcome.stdout.contains(result),
        "expected {code}, {result:?}: {outcome:?}"
    );
    assert!(!outcome.stdout.contains(QUESTION), "{outcome:?}");
}

#[test]
fn what_is_wrong_with_a_new_profile_is_said_before_its_secret_is_asked_for() {
    let world = World::new();
    let create = |rest: &str| format!("profile create --secret-source memory --client-id key-1 {rest}");
    let good = create("new --url https://api.example");
    let mut dialogue = world.dialogue(&good.split(' ').collect::<Vec<_>>());
    dialogue.wait_for_question(QUESTION);
    dialogue.press("\u{4}");
    assert_eq!(dialogue.end().code, 64, "the control: with nothing wrong it is asked for");
    world.create_profile("prod", "memory");
    for (rest, code, result) in [
        ("new --url console.us2.crashplan.com", 78, "the request URL must look like https://"),
        ("new --url https://api.example/login", 78, "the request URL must end after the host"),
        ("new --url https://api.example --proxy ftp://p:1", 64, "proxy"),
        ("prod --url https://api.example", 64, "there is a profile prod already"),
    ] {
        refused_unasked(&world, &create(rest), code, result);
    }
    let log = world.helper(&["log", "--json"]).succeeded().stdout;
    assert_eq!(log.matches("\"profile-create\"").count(), 1, "a trial is no creation: {log}");
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let folder = world.path("run/cp-token");
    let mode = |mode| std::fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).expect("its mode");
    mode(0o777);
    refused_unasked(&world, &good, 78, "run/cp-token is not used");
    mode(0o700);
    std::fs::write(world.config_folder().join("config.toml"), "default = [").expect("break the config");
    refused_unasked(&world, &good, 78, "config.toml, line 1");
}

#[test]
fn what_is_wrong_with_a_changed_profile_or_its_reset_is_said_before_the_secret_is_asked_for() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let (update, reset) = ("profile update prod --client-id key-2", "profile reset-secret prod");
    for words in [update, reset] {
        let mut dialogue = world.dialogue(&words.split(' ').collect::<Vec<_>>());
        dialogue.wait_for_question(QUESTION);
        dialogue.press("\u{4}");
        assert_eq!(dialogue.end().code, 64, "the control: with nothing wrong it is asked for");
    }
    for (rest, code, result) in [
        ("--url console.us2.crashplan.com", 78, "the request URL must look like https://"),
        ("--url https://api.example/login", 78, "the request URL must end after the host"),
        ("--proxy ftp://p:1", 64, "proxy"),
        ("--also-for git.example", 78, "the origin must look like https://"),
    ] {
        refused_unasked(&world, &format!("{update} {rest}"), code, result);
    }
    refused_unasked(&world, "profile reset-secret other", 64, "there is no profile other");
    let passphrase = world.new_secret();
    lock(&world, &passphrase).succeeded();
    for words in [update, reset] {
        refused_unasked(&world, words, 77, "locked");
    }
    unlock(&world, &passphrase).succeeded();
    let log = world.helper(&["log", "--json"]).succeeded().stdout;
    assert!(
        !log.contains("\"profile-update\"") && !log.contains("\"profile-reset-secret\""),
        "trials: {log}"
    );
    assert!(log.contains("\"profile-create\""), "the control: {log}");
    std::fs::write(world.config_folder().join("config.toml"), "default = [").expect("break the config");
    for words in [update, reset] {
        refused_unasked(&world, words, 78, "config.toml, line 1");
    }
}

#[test]
fn a_further_origin_that_is_none_is_called_an_origin() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let result = world.helper(&["profile", "update", "prod", "--also-for", "git.example"]).failed(78);
    assert!(result.stderr.contains("the origin must look like https://"), "{result:?}");
    let config = world.config_folder().join("config.toml");
    let text = std::fs::read_to_string(&config).expect("the config") + "also_for = [\"git.example\"]\n";
    std::fs::write(&config, text).expect("edit the config");
    world.helper(&["daemon", "reload"]).failed(78).saying("an origin of also_for must look like https://");
}
