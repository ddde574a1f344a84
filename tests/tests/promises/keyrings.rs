//! Promises about the system keyring, kept by a real gnome-keyring: absent, locked, hung, ambiguous, emptied or
//! full of garbage, it costs a clear line and never a secret.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Client, FakeSecrets, Outcome, Running, World, eventually};

const ITEMS: [&str; 2] = ["service", "cp-token"];

fn account(world: &World, client: &Client) -> String {
    format!("prod {}@{}", client.id, world.server().url())
}

fn create(world: &World, client: &Client) -> Outcome {
    world.creating("prod", "keyring", client, &world.server().url()).run()
}

#[test]
fn i01_without_a_bus_nothing_is_stored_anywhere_and_the_choices_are_named() {
    let world = World::new();
    let client = world.new_client();
    create(&world, &client).failed(69).saying("no keyring service").saying("--secret-source memory");
    world.helper(&[]).failed(78).saying("there is no profile");
    world.assert_no_leak();
    world.creating("prod", "memory", &client, &world.server().url()).run().succeeded();
    world.helper(&[]).token();
}

#[test]
fn i01_a_keyring_that_comes_later_is_found_without_a_restart() {
    let Some(world) = World::with_bus() else { return };
    let client = world.new_client();
    let daemon = world.daemon();
    create(&world, &client).failed(69).saying("no keyring service");
    world.keyring().start_service();
    create(&world, &client).succeeded();
    world.helper(&[]).token();
    assert_eq!(world.daemon_pid(), daemon.pid());
}

#[test]
fn i01_a_locked_keyring_is_named_loses_nothing_and_serves_again_when_it_is_unlocked() {
    let Some(world) = World::with_keyring() else { return };
    let client = world.create_profile("prod", "keyring");
    let token = world.helper(&[]).token();
    world.keyring().lock();
    assert_eq!(world.helper(&[]).token(), token, "a token that is held needs no keyring");
    world.helper(&["forget"]).succeeded();
    world.helper(&[]).failed(69).saying("the keyring is locked");
    let reset =
        world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&client.secret).run();
    reset.failed(69).saying("the keyring is locked");
    assert_eq!(world.helper(&["status", "--json"]).json()["keyring"], "locked");
    world.keyring().restart_service();
    world.helper(&["forget"]).succeeded();
    assert_ne!(world.helper(&[]).token(), token);
}

#[test]
fn i02_a_hung_keyring_holds_up_nobody_who_does_not_need_it_and_recovers() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    world.create_profile("cold", "keyring");
    world.create_profile("spare", "memory");
    let token = world.helper(&["-p", "prod"]).token();
    world.helper(&["forget", "-p", "cold"]).succeeded();
    world.keyring().signal(Signal::STOP);
    let waiting: Vec<_> = (0..20).map(|_| world.spawn_helper(&["-p", "cold"])).collect();
    assert_eq!(world.helper(&["-p", "prod"]).token(), token);
    world.helper(&["-p", "spare", "--fresh"]).token();
    world.helper(&["status"]).succeeded();
    for outcome in waiting.into_iter().map(Running::finish) {
        outcome.failed(69).saying("the keyring did not answer in time");
    }
    assert_eq!(world.helper(&["status", "--json"]).json()["keyring"], "timed_out");
    world.keyring().signal(Signal::CONT);
    // The call that hung ends first; until then the keyring counts as busy.
    let served = |world: &World| {
        world.helper(&["forget", "-p", "cold"]).succeeded();
        world.helper(&["-p", "cold"]).code == 0
    };
    eventually("it is served", || served(&world));
    assert_eq!(world.helper(&["status", "--json"]).json()["keyring"], "working");
}

#[test]
fn i04_of_several_matching_items_none_is_taken() {
    let Some(world) = World::with_keyring() else { return };
    let client = world.create_profile("prod", "keyring");
    let theirs = world.new_secret();
    let name = account(&world, &client);
    let planted = ["store", "--label=planted", "service", "cp-token", "username", &name, "by", "another"];
    world.keyring().secret_tool(&planted, &theirs);
    let before = world.server().token_requests();
    world.helper(&["forget"]).succeeded();
    world.helper(&[]).failed(69).saying("several items in the keyring match");
    assert_eq!(world.server().token_requests(), before);
    world.keyring().secret_tool(&["clear", "by", "another"], "");
    world.helper(&["forget"]).succeeded();
    world.helper(&[]).token();
}

#[test]
fn i06_a_long_secret_is_stored_whole_or_refused() {
    let Some(world) = World::with_keyring() else { return };
    let mut client = world.new_client();
    let filler = "x".repeat(4096 - client.secret.len());
    client.secret.push_str(&filler);
    world.server().add_client(&client.id, &client.secret);
    let longer = Client { secret: client.secret.clone() + "x", ..client.clone() };
    create(&world, &longer).failed(65).saying("longer than");
    create(&world, &client).succeeded();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    world.helper(&[]).token();
}

#[test]
fn i08_an_empty_item_is_not_sent_to_the_server() {
    let Some(world) = World::with_keyring() else { return };
    let client = world.create_profile("prod", "keyring");
    let name = account(&world, &client);
    let before = world.server().token_requests();
    world.keyring().secret_tool(&["clear", ITEMS[0], ITEMS[1]], "");
    world.keyring().secret_tool(&["store", "--label=garbage", "service", "cp-token", "username", &name], "");
    world.helper(&["forget"]).succeeded();
    world.helper(&[]).failed(65).saying("cp-token profile reset-secret prod");
    assert_eq!(world.server().token_requests(), before);
    let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&client.secret);
    reset.run().succeeded();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    world.helper(&[]).token();
}

#[test]
fn i09_an_item_deleted_behind_our_back_is_missed_at_the_next_renewal() {
    let Some(world) = World::with_keyring() else { return };
    let client = world.create_profile("prod", "keyring");
    let token = world.helper(&[]).token();
    world.keyring().secret_tool(&["clear", ITEMS[0], ITEMS[1]], "");
    assert_eq!(world.helper(&[]).token(), token);
    let before = world.server().token_requests();
    world
        .helper(&["--fresh"])
        .failed(69)
        .saying("there is no secret for")
        .saying("profile reset-secret prod");
    assert_eq!(world.server().token_requests(), before);
    let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&client.secret);
    reset.run().succeeded();
    assert_ne!(world.helper(&[]).token(), token);
}

/// Records every call of a prompt on the bus until it is ended.
fn watch_prompts(world: &World) -> (Child, BufReader<impl Read>) {
    let mut command = Command::new("dbus-monitor");
    command.args(["--address", world.keyring().address(), "interface='org.freedesktop.Secret.Prompt'"]);
    let mut monitor = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("run dbus-monitor");
    let mut lines = BufReader::new(monitor.stdout.take().expect("a pipe"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("the monitor says that it listens");
    (monitor, lines)
}

#[test]
fn i11_a_prompt_that_nobody_answers_is_not_shown_again_and_again() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    world.helper(&["forget"]).succeeded();
    world.keyring().lock();
    let (mut monitor, mut lines) = watch_prompts(&world);
    let asking: Vec<_> = (0..50).map(|_| world.spawn_helper(&[])).collect();
    for outcome in asking.into_iter().map(Running::finish) {
        outcome.failed(69).saying("locked");
    }
    processes::end(monitor.id());
    monitor.wait().expect("wait for the monitor");
    let mut heard = String::new();
    lines.read_to_string(&mut heard).expect("read what was heard");
    // One for each back-off step that the fifty took, of which the fourth is seven seconds away.
    let prompts = heard.matches("member=Prompt\n").count();
    assert!((1..=3).contains(&prompts), "{prompts} prompts:\n{heard}");
}

#[test]
fn i03_a_program_that_takes_the_keyrings_name_is_sent_no_secret_in_the_open() {
    let Some(world) = World::with_bus() else { return };
    let impostor = FakeSecrets::start(&world);
    let client = world.new_client();
    let url = world.server().url();
    let result = world.creating("prod", "keyring", &client, &url).run().failed(69);
    result.saying("keyring");
    let asked = impostor.asked();
    assert!(!asked.is_empty() && asked.iter().all(|kind| kind.starts_with("dh-")), "{asked:?}");
    // The control: a program that is content with less asks for it.
    let store = ["store", "--label=x", "service", "cp-token-control"];
    drop(world.program("secret-tool").args(store).stdin("not a secret").run());
    assert!(impostor.asked().iter().any(|kind| kind == "plain"));
}
