//! Promises of `daemon stop`: what only the daemon's memory holds is not lost without a word.

use cp_token_tests::world::World;

/// Where a secret would be lost, nobody is asked, and nothing is done.
fn refuses(world: &World, words: &str) {
    let outcome = world.alone(&["daemon", "stop"]).stdin("y\n").run().failed(64);
    outcome.saying("there is no terminal to ask on").saying(words).saying("run this again with --yes");
}

#[test]
fn a_daemon_whose_memory_alone_holds_a_secret_is_stopped_only_where_somebody_agrees() {
    let world = World::new();
    world.create_profile("kept", "memory");
    let token = world.helper(&[]).token();
    refuses(&world, "the secret of kept is in its memory alone");
    assert_eq!(world.helper(&["--no-start"]).token(), token, "it runs on");
    let mut person = world.dialogue(&["daemon", "stop"]);
    let question = "the secret of kept is in its memory alone. Stop it all the same? [y/N]";
    person.wait_for(question);
    person.press("n\n");
    assert_eq!(person.end().code, 64);
    assert_eq!(world.helper(&["--no-start"]).token(), token, "it runs on");
    let mut person = world.dialogue(&["daemon", "stop"]);
    person.wait_for(question);
    person.press("y\n");
    let outcome = person.end();
    assert!(outcome.code == 0 && outcome.stdout.contains("cp-tokend is stopped"), "{outcome:?}");
    world.helper(&["--no-start"]).failed(69);
}

#[test]
fn yes_stops_a_daemon_unasked_and_so_does_a_stop_that_loses_no_secret() {
    let world = World::new();
    world.create_profile("kept", "memory");
    let outcome = world.alone(&["daemon", "stop", "--yes"]).run().succeeded();
    assert!(outcome.stdout.contains("cp-tokend is stopped"), "{outcome:?}");
    // The profile is there, and no secret of it any more.
    world.helper(&["daemon", "start"]).succeeded();
    let outcome = world.alone(&["daemon", "stop"]).run().succeeded();
    assert!(outcome.stdout.contains("cp-tokend is stopped"), "{outcome:?}");
}

#[test]
fn a_broken_config_does_not_hide_what_a_stop_would_lose_and_keeps_nobody_from_it() {
    let world = World::new();
    world.create_profile("kept", "memory");
    std::fs::write(world.config_folder().join("config.toml"), "broken = [").expect("break it");
    refuses(&world, " is in its memory alone");
    world.alone(&["daemon", "stop", "-y"]).run().succeeded();
}

#[test]
fn a_locked_daemon_is_stopped_only_where_somebody_agrees() {
    let world = World::new();
    world.create_profile("kept", "memory");
    world.call(&["lock", "--passphrase-stdin"]).stdin("a passphrase").run().succeeded();
    refuses(&world, "it is locked, and secrets that only its memory holds would be lost");
    world.call(&["unlock", "--passphrase-stdin"]).stdin("a passphrase").run().succeeded();
    world.helper(&[]).token();
}
