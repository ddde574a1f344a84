//! Promises about profiles and tokens on Windows: one token for everybody, secrets in the Credential Manager, honest
//! exit codes.

use std::collections::BTreeSet;

use crate::stage::{Running, Stage};

#[test]
fn a_profile_is_made_and_its_token_is_printed_with_one_line_feed_and_no_carriage_return() {
    let Some(stage) = Stage::new() else { return };
    stage.create_profile("prod", "memory");
    let token = stage.helper(&[]);
    assert!(stage.server().issued().iter().any(|issued| issued == token.token()), "the server's own");
    let json: serde_json::Value =
        serde_json::from_str(stage.helper(&["--format", "json"]).succeeded()).expect("JSON");
    assert_eq!(json["access_token"], token.token());
    assert_eq!(json["profile"], "prod");
    assert_eq!(stage.server().token_requests(), 1);
}

#[test]
fn twenty_processes_at_once_get_one_token_of_one_request_and_start_one_daemon() {
    let Some(stage) = Stage::new() else { return };
    let name = crate::stage::unique("twenty");
    stage.create_profile(&name, "keyring");
    stage.kill_the_daemon();
    let before = stage.server().token_requests();
    let callers: Vec<_> =
        (0..20).map(|_| stage.program("cp-token.exe", &["--timeout", "100s"]).start()).collect();
    let outcomes: Vec<_> = callers.into_iter().map(Running::finish).collect();
    let tokens: BTreeSet<_> = outcomes.iter().map(|outcome| outcome.token()).collect();
    assert_eq!((tokens.len(), stage.server().token_requests() - before), (1, 1));
    // The control: what is counted is there to be counted.
    let another = stage.helper(&["--fresh"]);
    assert!(!tokens.contains(another.token()));
    assert_eq!(stage.server().token_requests() - before, 2);
    stage.helper(&["profile", "delete", &name, "--yes"]).succeeded();
}

#[test]
fn a_secret_in_the_credential_manager_outlives_a_killed_daemon_and_one_in_memory_does_not() {
    let Some(stage) = Stage::new() else { return };
    let name = crate::stage::unique("kept");
    stage.create_profile(&name, "keyring");
    stage.create_profile("lost", "memory");
    stage.kill_the_daemon();
    stage.helper(&["-p", &name]).token();
    let lost = stage.helper(&["-p", "lost"]);
    assert_eq!(lost.code, 69, "{lost:?}");
    stage.helper(&["profile", "delete", &name, "--yes"]).succeeded();
    // What was deleted is gone from there, too: the same name finds nothing old.
    stage.create_profile(&name, "memory");
    stage.kill_the_daemon();
    assert_eq!(stage.helper(&["-p", &name]).code, 69);
}

#[test]
fn i07_a_secret_that_the_credential_manager_cannot_hold_is_said_to_be_too_long() {
    let Some(stage) = Stage::new() else { return };
    let long = "x".repeat(2561);
    stage.server().add_client("key-2", &long);
    let (url, ca, name) = (stage.server().url(), stage.path("ca.pem"), crate::stage::unique("long"));
    let create = |name: &str, source: &str| {
        let words = [
            "profile",
            "create",
            name,
            "--url",
            &url,
            "--client-id",
            "key-2",
            "--ca-bundle",
            &ca,
            "--secret-stdin",
            "--secret-source",
            source,
        ];
        stage.helper_given(&format!("{long}\n"), &words)
    };
    let refused = create(&name, "keyring");
    assert!(refused.code != 0 && refused.stderr.contains("longer than the keyring can hold"), "{refused:?}");
    create(&name, "memory").succeeded();
}

#[test]
fn a_refused_secret_an_unknown_profile_and_a_bad_word_have_their_exit_codes() {
    let Some(stage) = Stage::new() else { return };
    let mut words = stage.creation("prod");
    words.push("--secret-stdin".into());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refused = stage.helper_given("wrong\n", &words);
    assert_eq!(refused.code, 77, "{refused:?}");
    assert!(!refused.stderr.contains("wrong\n"));
    stage.create_profile("prod", "memory");
    assert_eq!(stage.helper(&["-p", "nobody"]).code, 64);
    assert_eq!(stage.helper(&["--nonsense"]).code, 64);
    assert_eq!(stage.helper(&["-p", "prod"]).code, 0, "the control");
}

#[test]
fn a_ca_that_signed_nothing_here_is_not_trusted() {
    let Some(stage) = Stage::new() else { return };
    let stranger = cp_token_tests::fake_crashplan::FakeCrashPlan::start();
    stranger.write_ca(stage.folder().join("other.pem"));
    let mut words = stage.creation("prod");
    words.extend(["--secret-stdin", "--secret-source", "memory"].map(str::to_owned));
    *words.iter_mut().find(|word| word.ends_with("ca.pem")).expect("the bundle") = stage.path("other.pem");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refused = stage.helper_given(&format!("{}\n", stage.secret()), &words);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert_eq!(stage.server().token_requests(), 0, "nothing was sent");
    stage.create_profile("prod", "memory");
}

#[test]
fn status_list_forget_lock_and_unlock_do_what_they_say() {
    let Some(stage) = Stage::new() else { return };
    stage.create_profile("prod", "memory");
    let token = stage.helper(&[]).token().to_owned();
    assert!(stage.helper(&["profile", "list"]).succeeded().contains("prod"));
    assert_eq!(stage.status()["profiles"][0]["name"], "prod");
    stage.helper(&["forget"]).succeeded();
    assert_ne!(stage.helper(&[]).token(), token);
    stage.helper_given("open sesame\n", &["lock", "--passphrase-stdin"]).succeeded();
    let locked = stage.helper(&[]);
    assert!(locked.code != 0 && locked.stderr.contains("locked"), "{locked:?}");
    assert_ne!(stage.helper_given("wrong\n", &["unlock", "--passphrase-stdin"]).code, 0);
    stage.helper_given("open sesame\n", &["unlock", "--passphrase-stdin"]).succeeded();
    stage.helper(&[]).token();
    assert!(stage.helper(&["log"]).succeeded().contains("prod"));
}
