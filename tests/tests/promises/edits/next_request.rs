//! Promises about when an edit takes effect: at the next request that no live token answers, without a reload.

use cp_token_tests::fake_crashplan::{Answer, FakeCrashPlan};
use cp_token_tests::world::{TIMEOUT, World, eventually};

use super::{config, edit, elsewhere, reload, write};
use crate::refused::{secret_file, written};

/// A world whose profile `prod`, with its secret in a file, is for another server by mistake, which fails.
fn mistyped() -> (World, FakeCrashPlan) {
    let world = World::new();
    let (client, other) = (world.new_client(), elsewhere(&world));
    other.answer_always(Answer::status(500, &[], ""));
    secret_file(&world, &client.secret);
    let profile = written(&world, "prod", &format!("client_id = \"{}\"", client.id), "");
    write(&world, &profile.replace(&world.server().url(), &other.url()));
    (world, other)
}

fn correct(world: &World, other: &FakeCrashPlan) {
    edit(world, |text| text.replace(&other.url(), &world.server().url()));
}

#[test]
fn a_url_that_is_corrected_by_hand_is_used_by_the_next_request() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let (good, other) = (config(&world), elsewhere(&world));
    edit(&world, |text| text.replace(&world.server().url(), &other.url()));
    reload(&world).succeeded();
    world.helper(&[]).failed(69).saying(&other.url());
    world.helper(&[]).failed(69).saying(&other.url());
    write(&world, &good);
    world.helper(&[]).token();
    assert_eq!(other.token_requests(), 0);
}

#[test]
fn a_url_that_is_corrected_by_hand_ends_the_pause_after_a_failure() {
    let (world, other) = mistyped();
    world.helper(&[]).failed(75);
    world.helper(&[]).failed(75);
    correct(&world, &other);
    world.helper(&[]).token();
}

#[test]
fn who_waits_with_retry_goes_on_with_a_url_that_is_corrected_meanwhile() {
    let (world, other) = mistyped();
    let waiting = world.spawn_helper(&["--retry", "--timeout", "120s"]);
    assert!(other.wait_for(TIMEOUT, |ledger| ledger.token_requests() > 0), "it asks the wrong server");
    correct(&world, &other);
    waiting.finish().token();
}

#[test]
fn a_secret_that_was_refused_is_tried_at_a_url_that_is_corrected() {
    let (world, other) = mistyped();
    other.answer_always(Answer::Normally);
    world.helper(&[]).failed(77);
    correct(&world, &other);
    world.helper(&[]).token();
}

#[test]
fn a_broken_file_that_is_corrected_is_read_at_the_next_request_even_where_a_token_is_live() {
    let world = World::new();
    world.create_profile("a", "memory");
    world.create_profile("b", "memory");
    let good = config(&world);
    let name = || world.helper(&["-f", "json"]).json()["profile"].as_str().map(str::to_owned);
    write(&world, &(good.clone() + "bad"));
    reload(&world).failed(78).saying("it is read again at the next request");
    assert_eq!(name().as_deref(), Some("a"), "the last good one goes on");
    write(&world, &good.replace("default = \"a\"", "default = \"b\""));
    assert_eq!(name().as_deref(), Some("b"));
}

#[test]
fn a_request_that_a_live_token_answers_does_not_look_at_the_file() {
    let world = World::new();
    world.create_profile("a", "memory");
    world.create_profile("b", "memory");
    let name = |more: &[&str]| {
        let arguments = [&["-f", "json"], more].concat();
        world.helper(&arguments).json()["profile"].as_str().map(str::to_owned)
    };
    // Every reading that the commands before have left to be done is done.
    reload(&world).succeeded();
    assert_eq!(name(&[]).as_deref(), Some("a"));
    edit(&world, |text| text.replace("default = \"a\"", "default = \"b\""));
    assert_eq!(name(&[]).as_deref(), Some("a"));
    // The control: it is found.
    eventually("the new one answers", || name(&["--fresh"]).as_deref() == Some("b"));
}

#[test]
fn callers_at_once_all_get_a_token_of_the_corrected_profile() {
    let (world, other) = mistyped();
    world.helper(&[]).failed(75);
    correct(&world, &other);
    let callers: Vec<_> = (0..20).map(|_| world.spawn_helper(&[])).collect();
    let tokens: Vec<_> = callers.into_iter().map(|caller| caller.finish().token()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(world.server().token_requests(), 1);
}
