//! Promises of the test world itself: it is private, it starts what it says, and it leaves nothing behind.

use cp_token_tests::world::{ASK_FOR_A_TOKEN, ASK_FOR_STATUS, Launch, World, frame, processes};

#[test]
fn a_world_serves_a_token_and_leaves_neither_process_nor_file() {
    let world = World::new();
    let (root, program) = (world.root().to_owned(), world.daemon_file());
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    assert_eq!(world.server().issued(), [token]);
    let pid = world.daemon_pid();
    drop(world);
    assert!(!root.exists());
    assert_ne!(processes::program(pid), Some(program));
}

#[test]
fn two_worlds_know_nothing_of_each_other() {
    let (one, other) = (World::new(), World::new());
    one.create_profile("prod", "memory");
    other.helper(&[]).failed(78).saying("there is no profile");
    assert_ne!(one.daemon_pid(), other.daemon_pid());
    assert_eq!(other.server().connections(), 0);
}

#[test]
fn a_daemon_in_the_foreground_is_ready_when_it_is_returned_and_ends_by_signal() {
    let world = World::new();
    let daemon = world.daemon();
    assert_eq!(world.daemon_pid(), daemon.pid());
    assert!(daemon.rss_kib() > 0 && daemon.threads() > 0);
    assert_eq!(daemon.terminate(), 0);
    assert!(world.running().is_empty());
    let daemon = world.daemon();
    daemon.kill();
    assert!(world.running().is_empty());
}

#[test]
fn a_daemon_by_way_of_another_program_is_found_behind_it() {
    let world = World::new();
    let daemon = world.launch(Launch::by(["setpriv", "--no-new-privs"]));
    assert_eq!(world.daemon_pid(), daemon.pid());
}

#[test]
fn a_daemon_that_does_not_start_says_why() {
    let world = World::new();
    let _first = world.daemon();
    let Err(second) = world.try_launch(Launch::default()) else { panic!("two daemons run") };
    assert_eq!((second.code, second.stdout.as_str()), (69, ""));
    assert!(second.stderr.contains("cannot start"), "{second:?}");
}

#[test]
fn a_bare_connection_speaks_the_protocol_as_it_is_written_down() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let mut raw = world.raw();
    raw.send(&frame(&ASK_FOR_A_TOKEN));
    let answer = raw.rest();
    assert!(answer.windows(token.len()).any(|window| window == token.as_bytes()));
    let mut raw = world.raw();
    raw.send(&frame(&ASK_FOR_STATUS));
    assert!(raw.body().len() < 65_536);
}

#[test]
fn a_world_with_a_keyring_keeps_secrets_there() {
    let Some(world) = World::with_keyring() else { return };
    let client = world.create_profile("prod", "keyring");
    let found = world.keyring().secret_tool(&["search", "--all", "service", "cp-token"], "");
    assert!(found.contains(&client.secret), "the keyring holds no such secret");
    world.keyring().lock();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    world.helper(&[]).failed(69).saying("locked");
}
