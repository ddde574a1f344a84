//! Promises about callers who leave: a change that has stored nothing yet ends with its caller, nobody waits behind it,
//! and nothing of it is left.

use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Client, Running, TIMEOUT, World, frame};

/// A world whose server holds every answer, with a daemon and a profile in it.
fn stage() -> (World, Client) {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    world.server().hold();
    (world, client)
}

fn creating(world: &World, name: &str) -> Running {
    let client = world.new_client();
    world.creating(name, "memory", &client, &world.server().url()).spawn()
}

fn wait_for_requests(world: &World, count: usize) {
    assert!(
        world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == count),
        "{count} wait at the server"
    );
}

fn interrupt(running: Running) {
    running.signal(Signal::INT);
    assert_eq!(running.finish().code, 130);
}

fn config(world: &World) -> String {
    std::fs::read_to_string(world.config_folder().join("config.toml")).expect("read the config")
}

#[test]
fn a_change_ends_with_its_caller_and_is_not_carried_out_when_the_server_answers() {
    let (world, client) = stage();
    let before = config(&world);
    let reset = || world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&client.secret);
    let update = [
        "profile",
        "update",
        "prod",
        "--client-id",
        &client.id,
        "--no-proxy",
        "made.example",
        "--secret-stdin",
    ];
    let changes =
        [creating(&world, "second"), reset().spawn(), world.call(&update).stdin(&client.secret).spawn()];
    // A reset and an update of one profile come one after the other.
    wait_for_requests(&world, 2);
    changes.into_iter().for_each(interrupt);
    wait_for_requests(&world, 0);
    world.server().release();
    let asked = world.server().token_requests();
    world.helper(&["profile", "use", "prod"]).succeeded();
    assert_eq!(config(&world), before, "a change was carried out for nobody");
    assert_eq!(world.server().token_requests(), asked, "the server was asked for nobody");
    reset().run().succeeded();
    creating(&world, "second").finish().succeeded();
}

#[test]
fn nobody_waits_behind_changes_of_other_profiles_nor_behind_those_who_have_left() {
    let (world, client) = stage();
    let hanging: Vec<_> = ["x", "y", "z"].map(|name| creating(&world, name)).into();
    wait_for_requests(&world, 3);
    world.helper(&["profile", "use", "prod"]).succeeded();
    assert_eq!(world.server().in_flight(), 3, "it is done while they hang");
    hanging.into_iter().for_each(interrupt);
    wait_for_requests(&world, 0);
    let reset = || world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&client.secret);
    let first = reset().spawn();
    wait_for_requests(&world, 1);
    for _ in 0..crate::sizes::repetitions(100, 4300) {
        let mut abandoned = world.raw();
        abandoned.send(&reset_frame(&client.secret));
        assert_eq!(abandoned.body(), WORKING, "it is let in, and waits behind the first");
    }
    let asked = world.server().token_requests();
    world.helper(&["status"]).succeeded();
    world.server().release();
    first.finish().succeeded();
    reset().run().succeeded();
    assert_eq!(world.server().token_requests(), asked + 1, "an abandoned one was tried at the server");
}

/// The body of a sign of life.
const WORKING: [u8; 1] = [0];

/// The request that `reset-secret prod --secret-stdin` makes.
fn reset_frame(secret: &str) -> Vec<u8> {
    let length = u8::try_from(secret.len()).expect("a short secret");
    frame(&[b"\x06\x04prod\x01".as_slice(), &[length], secret.as_bytes(), b"\x00\x00\x01\x00\x00"].concat())
}

#[test]
fn no_more_changes_are_let_in_than_there_are_places_and_the_next_is_told_so() {
    let (world, _client) = stage();
    let waiting: Vec<_> = (0..64).map(|number| creating(&world, &format!("p{number}"))).collect();
    wait_for_requests(&world, 64);
    let outcome = creating(&world, "late").finish().failed(75);
    outcome.saying("too many changes").saying("nothing was changed");
    world.helper(&["profile", "use", "prod"]).failed(75);
    waiting.into_iter().for_each(interrupt);
    wait_for_requests(&world, 0);
    world.helper(&["profile", "use", "prod"]).succeeded();
}

#[test]
fn a_secret_that_was_typed_for_a_profile_that_was_not_created_is_forgotten() {
    let world = World::new();
    let kept = world.create_profile("prod", "memory");
    let typed: Vec<_> = (0..crate::sizes::repetitions(3, 60))
        .map(|number| {
            let known = world.new_client();
            let wrong = Client { secret: world.new_secret(), ..known };
            let url = world.server().url();
            world.creating(&format!("p{number}"), "memory", &wrong, &url).run().failed(77);
            wrong.secret
        })
        .collect();
    let pid = world.daemon_pid();
    let found = |secret: &String| processes::count_in_memory(pid, secret.as_bytes());
    assert!(found(&kept.secret) > 0, "what is kept can be found");
    assert_eq!(typed.iter().map(found).sum::<usize>(), 0);
}
