//! Promises about edits of a profile whose password is on its way to the server: it is not sent again before its verdict.

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::processes::Signal;
use cp_token_tests::world::{Daemon, Running, TIMEOUT, World, eventually};

use super::{reload, write};
use crate::refused::{secret_file, written};

const USER: &str = "kind = \"user\"\nusername = \"jo@example.com\"";

/// A daemon whose user's request is under way: the server has it, and does not answer yet.
fn under_way(server_knows: &str, file_has: &str) -> (World, Daemon, Running) {
    let world = World::new();
    let daemon = world.daemon();
    world.server().add_user("jo@example.com", server_knows, None);
    secret_file(&world, file_has);
    write(&world, &written(&world, "prod", USER, ""));
    world.server().hold();
    let running = world.call(&["--timeout", "60s"]).printing_a_token().spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    (world, daemon, running)
}

fn edit(world: &World, number: usize) {
    write(world, &written(world, "prod", USER, &format!("no_proxy = [\"host{number}.example.com\"]")));
}

#[test]
fn a_wrong_password_is_sent_once_however_often_its_profile_is_edited_meanwhile() {
    let (world, _daemon, first) = under_way("right", "wrong");
    for number in 0..4 {
        edit(&world, number);
        reload(&world).succeeded();
        let leaving = world.spawn_helper(&[]);
        eventually("it waits", || world.helper(&["status"]).code == 0);
        leaving.signal(Signal::KILL);
        leaving.finish();
    }
    for number in 4..6 {
        let update =
            ["profile", "update", "prod", "--no-verify", "--no-proxy", &format!("host{number}.example.com")];
        world.helper(&update).succeeded();
    }
    let second = world.spawn_helper(&["--timeout", "60s"]);
    world.server().release();
    first.finish().failed(77);
    second.finish().failed(77);
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn an_edit_of_a_profile_whose_password_is_right_keeps_its_callers() {
    let (world, _daemon, first) = under_way("right", "right");
    edit(&world, 0);
    reload(&world).succeeded();
    world.server().release();
    first.finish().token();
    world.helper(&[]).token();
    assert_eq!(world.server().token_requests(), 2, "the result for the profile as it was is thrown away");
}

#[test]
fn an_outage_that_an_edit_meets_leaves_the_edited_profile_its_own_request() {
    let (world, _daemon, first) = under_way("right", "right");
    world.server().answer_next(Answer::status(503, &[], ""));
    edit(&world, 0);
    reload(&world).succeeded();
    world.server().release();
    first.finish().failed(75);
    eventually("it serves again by itself", || world.helper(&[]).code == 0);
}
