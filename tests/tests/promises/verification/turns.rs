//! Promises about a credential that nobody knows yet to be right: of all that would send it at once the first finds out,
//! and whoever needs another one, or none, is not kept waiting.

use std::os::unix::fs::PermissionsExt;

use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::world::{Client, Daemon, Outcome, TIMEOUT, World, eventually};

use super::USER;
use crate::exec::wait_for_file;
use crate::refused::{secret_file, write_config, written};

pub(super) const NAMES: [&str; 8] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];

/// All at once.
pub(super) fn get_all(world: &World, more: &[&str]) -> Vec<Outcome> {
    let call = |name: &&str| world.call(&["-p", name]).args(more).printing_a_token().spawn();
    let running: Vec<_> = NAMES.iter().map(call).collect();
    running.into_iter().map(cp_token_tests::world::Running::finish).collect()
}

/// A client for each profile, behind a proxy that wants another password.
pub(super) fn behind_a_proxy(world: &World, proxy: &FakeProxy) {
    proxy.require("jo", "right");
    let clients: Vec<Client> = NAMES.iter().map(|_| world.new_client()).collect();
    secret_file(world, &format!("{}\nproxy-password: wrong\n", clients[0].secret));
    clients.iter().for_each(|client| world.server().add_client(&client.id, &clients[0].secret));
    let more = format!("proxy = \"{}\"", proxy.url_of("jo"));
    let profile = |(name, client): (&&str, &Client)| {
        written(world, name, &format!("client_id = \"{}\"", client.id), &more)
    };
    write_config(world, &NAMES.iter().zip(&clients).map(profile).collect::<Vec<_>>());
}

#[test]
fn a_proxys_wrong_password_is_sent_once_for_all_profiles_that_ask_at_once() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    behind_a_proxy(&world, &proxy);
    for outcome in get_all(&world, &[]) {
        outcome.failed(77).saying("refused the user or the password");
    }
    assert_eq!(proxy.asked(), 1);
    assert_eq!(world.helper(&["doctor"]).code, 77);
    assert_eq!(proxy.asked(), 1);
    proxy.require("jo", "wrong");
    world.helper(&["forget", "--all"]).succeeded();
    for outcome in get_all(&world, &["--retry"]) {
        outcome.token();
    }
}

#[test]
fn doctor_alone_sends_a_proxys_wrong_password_once() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    behind_a_proxy(&world, &proxy);
    let outcome = world.helper(&["doctor"]);
    assert_eq!(
        outcome.stdout.matches("refused the user or the password").count(),
        NAMES.len(),
        "{outcome:?}"
    );
    assert_eq!(proxy.asked(), 1);
    assert_eq!(world.helper(&["doctor"]).code, 77);
    assert_eq!(proxy.asked(), 1);
}

/// One client for every profile, with this secret for all of them.
pub(super) fn of_one_client(secret: impl FnOnce(&World, &Client) -> String) -> (World, Daemon) {
    let world = World::new();
    let daemon = world.daemon();
    let client = world.new_client();
    secret_file(&world, &secret(&world, &client));
    let who = format!("client_id = \"{}\"", client.id);
    write_config(&world, &NAMES.map(|name| written(&world, name, &who, "")));
    (world, daemon)
}

#[test]
fn a_clients_wrong_secret_is_sent_once_for_all_profiles_that_ask_at_once() {
    let (world, _daemon) = of_one_client(|world, _| world.new_secret());
    for outcome in get_all(&world, &[]) {
        outcome.failed(77).saying("refused the client's secret");
    }
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn a_clients_wrong_secret_is_sent_once_for_all_creations_at_once() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = Client { secret: world.new_secret(), ..world.new_client() };
    let create = |name: &&str| world.creating(name, "memory", &client, &world.server().url()).spawn();
    let running: Vec<_> = NAMES.iter().map(create).collect();
    running.into_iter().for_each(|call| drop(call.finish().failed(77)));
    assert_eq!(world.server().token_requests(), 1);
    // Each message has offered its own name; the first lifts what was refused.
    for name in NAMES {
        let outcome = world.helper(&["forget", "-p", name]);
        assert_eq!(outcome.code, if name == NAMES[0] { 0 } else { 64 }, "{outcome:?}");
    }
    create(&"p3").finish().failed(77);
    assert_eq!(world.server().token_requests(), 2);
}

#[test]
fn the_name_that_a_message_offered_to_forget_works_after_another_name_was_tried() {
    let world = World::new();
    let client = Client { secret: world.new_secret(), ..world.new_client() };
    let create = |name: &str| world.creating(name, "memory", &client, &world.server().url()).run().failed(77);
    create("nu").saying("`cp-token forget -p nu`");
    create("nv").saying("`cp-token forget -p nv`");
    world.helper(&["daemon", "restart"]).succeeded();
    world.helper(&["forget", "-p", "nu"]).succeeded();
    create("nu");
    assert_eq!(world.server().token_requests(), 2);
}

#[test]
fn a_secret_that_works_is_sent_for_all_at_once() {
    let (world, _daemon) = of_one_client(|_, client| client.secret.clone());
    world.helper(&["-p", NAMES[0]]).token();
    world.server().hold();
    let call = |name: &&str| world.call(&["-p", name, "--fresh"]).printing_a_token().spawn();
    let running: Vec<_> = NAMES.iter().map(call).collect();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == NAMES.len()));
    world.server().release();
    running.into_iter().for_each(|call| drop(call.finish().token()));
}

#[test]
fn once_the_first_has_found_out_all_who_waited_go_at_once() {
    let (world, _daemon) = of_one_client(|_, client| client.secret.clone());
    world.server().hold();
    let call = |name: &&str| world.call(&["-p", name]).printing_a_token().spawn();
    let running: Vec<_> = NAMES.iter().map(call).collect();
    let in_flight = |count: usize| world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == count);
    assert!(in_flight(1));
    world.server().release_first();
    assert!(in_flight(NAMES.len() - 1), "{} at once", world.server().max_in_flight());
    world.server().release();
    running.into_iter().for_each(|call| drop(call.finish().token()));
}

/// A user whose first profile is being asked about, and others who need something else.
#[test]
fn who_needs_another_credential_or_none_waits_for_nobody() {
    let world = World::new();
    let _daemon = world.daemon();
    let (right, wrong) = (world.new_secret(), world.new_secret());
    world.server().add_user("jo@example.com", &right, None);
    let other = world.path("bin/other");
    std::fs::copy(secret_file(&world, &right), &other).expect("copy it");
    secret_file(&world, &wrong);
    let here = |name: &str, who: &str| written(&world, name, who, "");
    let there = |name: &str| here(name, USER).replace("bin/secret", "bin/other");
    let basic = USER.replace("\"user\"", "\"basic\"");
    write_config(&world, &[here("a", USER), there("b"), here("c", &basic), here("d", USER)]);
    world.server().hold();
    let get = |name: &str| world.call(&["-p", name]).printing_a_token().spawn();
    let in_flight = |count: usize| world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == count);
    let first = get("a");
    assert!(in_flight(1));
    let twin = get("d");
    let second = get("b");
    assert!(in_flight(2), "another password of the same user");
    world.call(&["-p", "c", "-f", "header"]).printing_a_token().run().succeeded();
    world.server().release();
    [first, twin].into_iter().for_each(|call| drop(call.finish().failed(77)));
    second.finish().token();
    assert_eq!(world.server().token_requests(), 2);
}

#[test]
fn who_has_no_more_time_is_told_which_other_profile_tries_its_secret() {
    let (world, _daemon) = of_one_client(|_, client| client.secret.clone());
    world.server().hold();
    let first = world.call(&["-p", "p0"]).printing_a_token().spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let behind = |name: &str| {
        let outcome = world.helper(&["-p", name, "--timeout", "1s"]).failed(75);
        outcome.stderr.contains("it waits for profile p0, which tries the same secret")
    };
    // Its request is with the daemon for longer than its caller.
    eventually("another one waits behind it", || NAMES[1..].iter().any(|name| behind(name)));
    let outcome = world.helper(&["-p", "p0", "--timeout", "1s"]).failed(75);
    assert!(!outcome.stderr.contains("it waits for profile"), "{outcome:?}");
    world.server().release();
    first.finish().token();
    world.helper(&["-p", "p1"]).token();
}

#[test]
fn a_secret_command_that_takes_long_holds_up_no_other_profile_of_its_user() {
    let world = World::new();
    let _daemon = world.daemon();
    let right = world.new_secret();
    world.server().add_user("jo@example.com", &right, None);
    secret_file(&world, &right);
    let (began, slow) = (world.path("bin/began"), world.path("bin/slow"));
    // It ends with its world, whose folder goes last.
    let script =
        format!("#!/bin/sh\necho x > '{}'\nwhile test -e \"$0\"; do sleep 1; done\n", began.display());
    std::fs::write(&slow, script).expect("write it");
    std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o700)).expect("close it");
    let file = format!("secret_file = \"{}\"", world.path("bin/secret").display());
    let command = format!("secret_command = [\"{}\"]", slow.display());
    let (a, b) = (written(&world, "a", USER, ""), written(&world, "b", USER, ""));
    write_config(&world, &[a.replace(&file, &command), b]);
    let waiting = world.spawn_helper(&["-p", "a"]);
    wait_for_file(&world, "bin/began");
    world.helper(&["-p", "b"]).token();
    waiting.signal(cp_token_tests::world::processes::Signal::INT);
    assert_ne!(waiting.finish().code, 0);
}
