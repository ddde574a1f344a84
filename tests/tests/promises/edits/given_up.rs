//! Promises about a change whose disk does not answer: what was answered with "nothing was changed" is not made later, when
//! the disk answers again.

use std::fs::File;

use cp_token_tests::slow_disk::SlowDisk;
use cp_token_tests::world::{Launch, Running, World};

use super::config;

fn is_never_made(change: impl Fn(&World) -> Running) {
    let world = World::new();
    let Some(disk) = SlowDisk::build(&world) else { return };
    let variables = disk.variables("", "config.toml.new").into_iter();
    let _daemon =
        world.launch(variables.fold(Launch::default(), |launch, (name, value)| launch.env(name, value)));
    world.create_profile("prod", "memory");
    let before = config(&world);
    disk.stop();
    let running = change(&world);
    disk.wait_until_waited_for();
    running.finish().failed(74).saying("config.toml").saying("nothing was changed, and nothing will be");
    disk.resume();
    wait_for_writers(&world);
    assert_eq!(config(&world), before);
    assert_eq!(std::fs::read_dir(world.config_folder()).expect("look").count(), 1, "a draft was left behind");
    world.helper(&["daemon", "reload"]).succeeded();
    world.helper(&["-p", "prod", "--fresh"]).token();
    change(&world).finish().succeeded();
    assert_ne!(config(&world), before, "the control: it can be made");
}

/// Returns once nobody writes the config any more.
fn wait_for_writers(world: &World) {
    let lock = File::open(world.state_folder().join("config.lock")).expect("the lock of its writers");
    lock.lock().expect("they are done");
}

#[test]
fn a_profile_that_was_not_created_on_a_hung_disk_does_not_come_later() {
    let create = |world: &World| {
        let client = world.new_client();
        world.creating("second", "memory", &client, &world.server().url()).spawn()
    };
    is_never_made(create);
}

#[test]
fn a_profile_that_was_not_deleted_on_a_hung_disk_does_not_go_later() {
    let delete = |world: &World| world.spawn_helper(&["profile", "delete", "prod", "--yes"]);
    is_never_made(delete);
}

#[test]
fn a_change_for_which_another_writer_leaves_no_room_in_time_is_made_when_it_is_run_again() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.create_profile("other", "memory");
    let lock = File::open(world.state_folder().join("config.lock")).expect("the lock of its writers");
    lock.lock().expect("hold the lock");
    let before = config(&world);
    let said = world.helper(&["profile", "use", "other"]).failed(75).saying("nothing was changed");
    assert!(said.stderr.contains("at work on it for too long") && !said.stderr.contains("room"), "{said:?}");
    assert_eq!(config(&world), before);
    drop(lock);
    world.helper(&["profile", "use", "other"]).succeeded();
    assert_ne!(config(&world), before, "the control: it can be made");
}
