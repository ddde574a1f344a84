//! Promises of the lock: nobody is answered until it is opened, what is under way is dropped, and what only memory
//! held is there again afterwards.

use cp_token_tests::world::{Outcome, Running, TIMEOUT, World, frame};

/// Every request that is refused while the daemon is locked, as a command line.
const REFUSED: [&[&str]; 14] = [
    &[],
    &["-f", "json"],
    &["--fresh"],
    &["--url", "https://localhost"],
    &["-p", "nobody"],
    &["profile", "list"],
    &["profile", "list", "--json"],
    &["profile", "show", "prod"],
    &["profile", "use", "prod"],
    &["profile", "update", "prod", "--also-for", "https://gateway.example"],
    &["profile", "delete", "prod", "--yes"],
    &["forget", "--all"],
    &["daemon", "reload"],
    &["lock", "--no-on-suspend"],
];
const PROFILE_LIST: [u8; 2] = [3, 0];

/// Locks with this passphrase.
pub(crate) fn lock(world: &World, passphrase: &str) -> Outcome {
    world.call(&["lock", "--passphrase-stdin"]).stdin(format!("{passphrase}\n")).run()
}

/// Unlocks with this passphrase.
pub(crate) fn unlock(world: &World, passphrase: &str) -> Outcome {
    world.call(&["unlock", "--passphrase-stdin"]).stdin(passphrase).run()
}

/// Whether the word is in the text.
pub(crate) fn contains(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn c15_a_locked_daemon_tells_nobody_anything_and_an_unlocked_one_is_what_it_was() {
    let world = World::new();
    let passphrase = world.new_secret();
    let client = world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let list = || {
        let mut raw = world.raw();
        raw.send(&frame(&PROFILE_LIST));
        raw.rest()
    };
    assert!(contains(&list(), "prod") && contains(&list(), &client.id), "the control: it is told");
    assert_eq!(lock(&world, &passphrase).succeeded().stdout, "cp-tokend is locked\n");
    for line in REFUSED {
        world.helper(line).failed(77).saying("cp-tokend is locked; run `cp-token unlock`");
    }
    let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin("x").run();
    reset.failed(77).saying("cp-tokend is locked");
    let create = world.creating("more", "memory", &client, &world.server().url()).run();
    create.failed(77).saying("cp-tokend is locked");
    assert!(!contains(&list(), "prod") && !contains(&list(), &client.id));
    unlock(&world, &passphrase).succeeded();
    assert_ne!(world.helper(&[]).token(), token, "the old token is gone, and the secret is not");
    let profiles = world.helper(&["profile", "list", "--json"]).json();
    assert_eq!(profiles.as_array().map(Vec::len), Some(1), "nothing of what was refused has happened");
    assert_eq!(profiles[0]["also_for"], serde_json::json!([]));
}

#[test]
fn c15_status_of_a_locked_daemon_shows_that_it_is_locked_and_no_profile() {
    let world = World::new();
    let passphrase = world.new_secret();
    world.create_profile("prod", "memory");
    let before = world.helper(&["status", "--json"]).json();
    assert_eq!(
        (before["locked"].as_bool(), before["profiles"][0]["name"].as_str()),
        (Some(false), Some("prod"))
    );
    lock(&world, &passphrase).succeeded();
    let status = world.helper(&["status", "--json"]).json();
    assert_eq!((status["locked"].as_bool(), &status["profiles"]), (Some(true), &serde_json::json!([])));
    let shown = world.helper(&["status"]).succeeded().stdout;
    assert!(shown.contains("lock:         locked") && !shown.contains("prod"), "{shown}");
    let outcome = world.helper(&["--error-format", "json"]).failed(77).stderr;
    assert!(outcome.contains(r#""code":"locked","exit":77"#), "{outcome}");
    unlock(&world, &passphrase).succeeded();
    assert!(world.helper(&["status"]).succeeded().stdout.contains("lock:         open"));
}

#[test]
fn a_person_types_the_passphrase_twice_to_lock_and_once_to_unlock_and_never_sees_it() {
    let world = World::new();
    let (passphrase, other) = (world.new_secret(), world.new_secret());
    world.create_profile("prod", "memory");
    let mut mistyped = world.dialogue(&["lock"]);
    mistyped.answer("Passphrase for cp-tokend", &passphrase).answer("once more", &other);
    let mistyped = mistyped.end();
    assert!(mistyped.code == 65 && mistyped.stdout.contains("the two passphrases differ"), "{mistyped:?}");
    world.helper(&[]).token();
    let mut locking = world.dialogue(&["lock"]);
    locking.answer("Passphrase for cp-tokend", &passphrase).answer("once more", &passphrase);
    let locking = locking.end();
    assert!(locking.code == 0 && locking.stdout.contains("cp-tokend is locked"), "{locking:?}");
    world.helper(&[]).failed(77);
    let twice = world.dialogue(&["lock"]).end();
    assert!(twice.code == 77 && twice.stdout.contains("locked already"), "asked in vain: {twice:?}");
    for (typed, code, words) in
        [(&other, 77, "not the passphrase"), (&passphrase, 0, "cp-tokend is unlocked")]
    {
        let mut unlocking = world.dialogue(&["unlock"]);
        unlocking.answer("Passphrase for cp-tokend", typed);
        let unlocking = unlocking.end();
        assert!(unlocking.code == code && unlocking.stdout.contains(words), "{unlocking:?}");
    }
    world.helper(&[]).token();
    let open = world.dialogue(&["unlock"]).end();
    assert!(open.code == 0 && open.stdout.contains("cp-tokend is not locked"), "{open:?}");
}

#[test]
fn a_lock_is_not_replaced_by_another_one() {
    let world = World::new();
    let (first, second) = (world.new_secret(), world.new_secret());
    let daemon = world.daemon();
    lock(&world, &first).succeeded();
    lock(&world, &second)
        .failed(77)
        .saying("cp-tokend is locked already, and the passphrase is still the first");
    // Past the helper, which looks before it asks.
    let mut raw = world.raw();
    raw.send(&frame(&lock_request(&second)));
    assert!(contains(&raw.rest(), "locked already"));
    unlock(&world, &second).failed(77).saying("not the passphrase");
    unlock(&world, &first).succeeded();
    daemon.wait_for_log("lock: unlocked", 1);
}

#[test]
fn a_keyring_is_read_again_after_the_lock_and_a_stop_opens_it() {
    let Some(world) = World::with_keyring() else { return };
    let passphrase = world.new_secret();
    world.create_profile("kept", "keyring");
    world.create_profile("lost", "memory");
    lock(&world, &passphrase).succeeded();
    world.helper(&["-p", "kept"]).failed(77);
    unlock(&world, &passphrase).succeeded();
    world.helper(&["-p", "kept"]).token();
    world.helper(&["-p", "lost"]).token();
    lock(&world, &passphrase).succeeded();
    world.stop_daemon();
    world.helper(&["-p", "kept"]).token();
    world.helper(&["-p", "lost"]).failed(69).saying("there is no secret for");
}

#[test]
fn where_no_daemon_runs_lock_leaves_a_locked_one_and_unlock_has_nothing_to_do() {
    let world = World::new();
    let unlocked = unlock(&world, "x").succeeded();
    assert_eq!(unlocked.stdout, "no daemon runs, so none is locked\n");
    assert!(world.running().is_empty());
    lock(&world, &world.new_secret()).succeeded();
    world.helper(&[]).failed(77);
}

#[test]
fn an_empty_passphrase_or_none_is_refused_and_nothing_is_locked() {
    let world = World::new();
    world.create_profile("prod", "memory");
    lock(&world, "").failed(65).saying("the passphrase is empty");
    let two_lines = lock(&world, "a\nb");
    two_lines.failed(65).saying("more than one line");
    world.helper(&["lock"]).failed(64).saying("--passphrase-stdin");
    let mut raw = world.raw();
    raw.send(&frame(&lock_request("")));
    assert!(contains(&raw.rest(), "the passphrase is empty"));
    world.helper(&[]).token();
}

#[test]
fn j09_a_token_request_under_way_is_dropped_by_the_lock_and_its_late_token_is_thrown_away() {
    let world = World::new();
    let passphrase = world.new_secret();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    world.helper(&["forget"]).succeeded();
    let before = world.server().token_requests();
    world.server().hold();
    let waiting: Vec<Running> = (0..3).map(|_| world.spawn_helper(&[])).collect();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() > before));
    lock(&world, &passphrase).succeeded();
    for waiting in waiting {
        waiting.finish().failed(77).saying("cp-tokend is locked");
    }
    world.server().release();
    unlock(&world, &passphrase).succeeded();
    assert_eq!(world.helper(&["status", "--json"]).json()["profiles"][0]["token"]["state"], "absent");
    assert_eq!(daemon.log().matches("token issued").count(), 0, "but for the proof at the creation");
    world.helper(&[]).token();
}

#[test]
fn j09_a_change_that_waits_for_its_proof_is_dropped_by_the_lock_as_if_never_asked_for() {
    let world = World::new();
    let passphrase = world.new_secret();
    world.create_profile("prod", "memory");
    let config = || std::fs::read_to_string(world.config_folder().join("config.toml")).expect("the config");
    let before = config();
    let requests = world.server().token_requests();
    world.server().hold();
    let creating = world.creating("more", "memory", &world.new_client(), &world.server().url()).spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() > requests));
    let resetting = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin("other").spawn();
    lock(&world, &passphrase).succeeded();
    creating.finish().failed(77).saying("cp-tokend is locked");
    resetting.finish().failed(77).saying("cp-tokend is locked");
    world.server().release();
    unlock(&world, &passphrase).succeeded();
    assert_eq!(config(), before);
    world.helper(&["-p", "more"]).failed(64);
    world.helper(&["-p", "prod"]).token();
}

/// Body of the request to lock at once.
fn lock_request(passphrase: &str) -> Vec<u8> {
    let length = u8::try_from(passphrase.len()).expect("a short passphrase");
    [&[11, length], passphrase.as_bytes(), &[0]].concat()
}
