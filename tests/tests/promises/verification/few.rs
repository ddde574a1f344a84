//! Promises about many requests with one credential: few carry a password at once, known to work or not, and nobody is held
//! up by a request whose server or proxy does not answer.

use std::os::unix::fs::PermissionsExt;

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::fake_proxy::{FakeProxy, Manner};
use cp_token_tests::world::processes::Signal;
use cp_token_tests::world::{Client, Daemon, Running, TIMEOUT, World, eventually};

use super::USER;
use crate::refused::{secret_file, write_config, written};

const NAMES: [&str; 8] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];
/// So many requests carry a password at most before the first of them is checked.
const FEW: usize = 2;

fn spawn(world: &World, names: &[&str]) -> Vec<Running> {
    names.iter().map(|name| world.call(&["-p", name]).printing_a_token().spawn()).collect()
}

fn interrupt(running: Vec<Running>) {
    running.iter().for_each(|call| call.signal(Signal::INT));
    running.into_iter().for_each(|call| drop(call.finish()));
}

fn is_long() -> bool {
    std::env::var_os("CP_TOKEN_TESTS_LONG").is_some()
}

fn in_flight(world: &World, count: usize) -> bool {
    world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == count)
}

/// A profile of the user for each name.
fn of_one_user(more: &str) -> (World, Daemon) {
    let world = World::new();
    let daemon = world.daemon();
    let password = world.new_secret();
    world.server().add_user("jo@example.com", &password, None);
    secret_file(&world, &password);
    write_config(&world, &NAMES.map(|name| written(&world, name, USER, more)));
    (world, daemon)
}

/// A client for each name, behind a proxy that takes the password.
fn behind_a_proxy(proxy: &FakeProxy) -> (World, Daemon) {
    let world = World::new();
    let daemon = world.daemon();
    proxy.require("jo", "right");
    let secret = world.new_client().secret;
    secret_file(&world, &format!("{secret}\nproxy-password: right\n"));
    let more = format!("proxy = \"{}\"", proxy.url_of("jo"));
    let profile = |name| {
        let Client { id, .. } = world.new_client();
        world.server().add_client(&id, &secret);
        written(&world, name, &format!("client_id = \"{id}\""), &more)
    };
    write_config(&world, &NAMES.map(profile));
    (world, daemon)
}

#[test]
fn a_users_password_that_was_changed_a_moment_ago_is_sent_by_few() {
    let (world, _daemon) = of_one_user("");
    world.helper(&["-p", NAMES[0]]).token();
    world.server().answer_always(Answer::json(401, "{\"error\":\"unauthorized\"}"));
    world.server().hold();
    let running = spawn(&world, &NAMES[1..]);
    assert!(in_flight(&world, FEW));
    world.server().release();
    running.into_iter().for_each(|call| drop(call.finish().failed(77)));
    assert_eq!(world.server().token_requests(), 1 + FEW);
}

#[test]
fn a_proxys_password_that_was_changed_a_moment_ago_is_sent_by_few() {
    let proxy = FakeProxy::start();
    let (world, _daemon) = behind_a_proxy(&proxy);
    world.helper(&["-p", NAMES[0]]).token();
    proxy.require("jo", "another");
    let running = spawn(&world, &NAMES[1..]);
    running.into_iter().for_each(|call| drop(call.finish().failed(77)));
    assert!(proxy.asked() <= 1 + FEW, "{}", proxy.asked());
}

#[test]
fn tenants_that_hang_hold_up_no_other_behind_the_same_proxy() {
    let proxy = FakeProxy::start();
    let (world, _daemon) = behind_a_proxy(&proxy);
    world.server().hold();
    let running = spawn(&world, &NAMES);
    assert!(in_flight(&world, NAMES.len()), "the proxy has taken the password of the first");
    world.server().release();
    running.into_iter().for_each(|call| drop(call.finish().token()));
}

#[test]
fn proxies_that_hang_hold_up_no_profile_of_the_same_user_that_needs_none() {
    let (world, _daemon) = of_one_user("");
    let proxy = FakeProxy::start();
    proxy.behave(Manner::Hang);
    let more = format!("proxy = \"{}\"", proxy.url());
    let profile = |name| written(&world, name, USER, if name == NAMES[0] { "" } else { &more });
    write_config(&world, &NAMES.map(profile));
    let hanging = spawn(&world, &NAMES[1..]);
    assert!(proxy.wait_until_asked(1, TIMEOUT));
    world.helper(&["-p", NAMES[0]]).token();
    assert!(proxy.wait_until_asked(NAMES.len() - 1, TIMEOUT), "none of them waits for another");
    interrupt(hanging);
}

#[test]
fn a_wrong_password_goes_out_with_two_codes_however_many_profiles_have_others() {
    // Its codes are half a minute apart.
    if !is_long() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    world.server().add_user("jo@example.com", &world.new_secret(), None);
    secret_file(&world, &world.new_secret());
    let program = world.path("bin/code");
    std::fs::write(&program, "#!/bin/sh\nshuf -i 100000-999999 -n 1\necho x >> \"$0.ran\"\n")
        .expect("write it");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("close it");
    let more = format!("totp_command = [\"{}\"]", program.display());
    write_config(&world, &NAMES.map(|name| written(&world, name, USER, &more)));
    world.server().hold();
    let ran = || std::fs::read(world.path("bin/code.ran")).map_or(0, |lines| lines.len() / 2);
    // Two that come at the same moment share the moment's code.
    let one_more = |(before, name): (usize, &&str)| {
        let running = spawn(&world, &[*name]);
        eventually("the command runs again", || ran() > before);
        running
    };
    let running: Vec<Running> = NAMES.iter().enumerate().flat_map(one_more).collect();
    assert!(in_flight(&world, FEW), "one that is not answered is followed by one more");
    world.server().release();
    running.into_iter().for_each(|call| assert_ne!(call.finish().code, 0));
    assert_eq!(world.server().token_requests(), FEW);
}

#[test]
fn who_waits_in_vain_for_a_password_is_shown_whose_request_is_not_answered() {
    if !is_long() {
        return;
    }
    let (world, _daemon) = of_one_user("");
    world.server().hold();
    let running = spawn(&world, &NAMES[..FEW]);
    assert!(in_flight(&world, FEW));
    let waiting = world.helper(&["-p", NAMES[7]]).failed(75);
    waiting.saying("because the request of profile p").saying("with the same password is not answered");
    assert_eq!(world.server().token_requests(), FEW);
    world.server().release();
    running.into_iter().for_each(|call| drop(call.finish().token()));
}
