//! Promises about two daemons of one home, as a session and a timer have them: neither undoes a change of the other.

use cp_token_tests::slow_disk::SlowDisk;
use cp_token_tests::world::{Client, Launch, Outcome, World};

/// How many profiles each of the two makes.
const EACH: usize = 8;

#[test]
fn two_daemons_of_one_home_lose_no_profile_and_leave_nothing_beside_the_file() {
    let world = World::new();
    let socket = |place: &str| world.path("run").join(place).join("daemon.sock");
    let daemons =
        ["a", "b"].map(|place| world.launch(Launch::default().env("CP_TOKEN_SOCKET", socket(place))));
    std::thread::scope(|scope| {
        for place in ["a", "b"] {
            let (world, socket) = (&world, socket(place));
            scope.spawn(move || {
                for number in 0..EACH {
                    let client = Client { id: "key".to_owned(), secret: "made-up-secret".to_owned() };
                    let url = format!("https://{place}{number}.example");
                    let call = world.creating(&format!("{place}{number}"), "memory", &client, &url);
                    call.args(["--no-verify"]).env("CP_TOKEN_SOCKET", &socket).run().succeeded();
                }
            });
        }
    });
    let text = super::config(&world);
    for (place, number) in ["a", "b"].into_iter().flat_map(|place| (0..EACH).map(move |n| (place, n))) {
        assert!(text.contains(&format!("[profile.{place}{number}]")), "{place}{number} is lost:\n{text}");
    }
    let beside = std::fs::read_dir(world.config_folder()).expect("list it").count();
    assert_eq!(beside, 1, "something is left beside the file");
    daemons.into_iter().for_each(|daemon| assert_eq!(daemon.terminate(), 0));
}

/// A profile is created while another daemon of the home starts, between the two halves of the change.
fn created_beside_a_start(world: &World, client: &Client, disk: &SlowDisk) -> Outcome {
    disk.stop();
    let running = world.creating("prod", "keyring", client, &world.server().url()).spawn();
    disk.wait_until_waited_for();
    let socket = world.path("run/second/daemon.sock");
    let second = world.launch(Launch::default().env("CP_TOKEN_SOCKET", &socket));
    // Its look at the keyring comes behind whatever the start has to do there.
    drop(world.call(&["doctor"]).env("CP_TOKEN_SOCKET", &socket).run());
    disk.resume();
    let outcome = running.finish();
    assert_eq!(second.terminate(), 0);
    outcome
}

#[test]
fn a_daemon_that_starts_leaves_a_secret_alone_that_another_is_just_storing() {
    let Some(world) = World::with_keyring() else { return };
    let Some(disk) = SlowDisk::build(&world) else { return };
    let variables = disk.variables("", "config.toml.new").into_iter();
    let _first =
        world.launch(variables.fold(Launch::default(), |launch, (name, value)| launch.env(name, value)));
    let client = world.new_client();
    // A disk that takes too long ends the change: on a busy machine the start may.
    let created = (0..5).any(|_| created_beside_a_start(&world, &client, &disk).code == 0);
    assert!(created, "no profile was created");
    world.helper(&["--fresh", "-p", "prod"]).token();
}
