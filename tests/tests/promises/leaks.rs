//! Promises of the leak oracle: it finds a planted leak in every kind of place, and is silent where there is none.
//! The whole suite depends on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cp_token_tests::world::{World, eventually, processes};

#[test]
fn e11_a_world_without_a_leak_is_found_clean() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    world.helper(&["status", "--json"]).succeeded();
    world.assert_no_leak();
}

#[test]
fn e11_a_secret_in_a_file_is_found_however_it_is_written() {
    let world = World::new();
    let client = world.new_client();
    let pair = format!("{}:{}", client.id, client.secret);
    let file = world.state_folder().join("deep/er");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("make a folder");
    for planted in [client.secret.clone(), STANDARD.encode(&pair), URL_SAFE_NO_PAD.encode(&client.secret)] {
        std::fs::write(&file, format!("before {planted} behind")).expect("plant a leak");
        assert_eq!(world.leaks(), [format!("file {}", file.display())]);
    }
    std::fs::remove_file(&file).expect("take the leak away");
    world.assert_no_leak();
}

#[test]
fn e11_a_token_in_a_file_and_a_secret_in_a_files_name_are_found() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let name = client.secret.replace('/', "");
    for (file, text) in [("state/token", &token[token.len() - 100..]), (&format!("state/{name}"), "")] {
        let file = world.path(file);
        std::fs::write(&file, text).expect("plant a leak");
        assert_eq!(world.leaks(), [format!("file {}", file.display())]);
        std::fs::remove_file(&file).expect("take the leak away");
    }
}

#[test]
fn e06_a_secret_that_a_program_prints_is_found_except_for_the_token_of_a_get() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    world.helper(&[]).token();
    world.assert_no_leak();
    let shell = |line| world.program("sh").args(["-c", line]).stdin(&client.secret);
    shell("cat >&2").run();
    shell("cat; exit 1").run();
    assert_eq!(world.leaks(), ["stderr of sh -c cat >&2", "stdout of sh -c cat; exit 1"]);
    finds_the_leak_when_it_is_dropped(world);
}

#[test]
fn e09_e10_a_secret_in_arguments_or_environment_is_found() {
    let world = World::new();
    let client = world.new_client();
    world.program("true").args([&client.secret]).run();
    assert_eq!(world.leaks().len(), 1);
    let Some(place) = world.leaks().pop() else { panic!("no leak") };
    assert!(place.starts_with("command line and environment of true"), "{place}");
    finds_the_leak_when_it_is_dropped(world);
    let world = World::new();
    world.program("true").env("PLANTED", &world.new_client().secret).run();
    assert_eq!(world.leaks(), ["command line and environment of true"]);
    finds_the_leak_when_it_is_dropped(world);
}

#[test]
fn e09_e10_a_running_process_of_the_world_is_looked_at() {
    let world = World::new();
    let client = world.new_client();
    // A program that lasts, in the place of the helper.
    let file = world.helper_file();
    world.shell(&format!("cp --remove-destination $(command -v sleep) {}", file.display())).succeeded();
    let planted = Command::new(&file).arg("1000").env("PLANTED", &client.secret).spawn();
    let mut planted = planted.expect("run a program");
    // The system lets go of a parent a moment before it shows the child's arguments.
    eventually("the child runs", || processes::program(planted.id()).as_ref() == Some(&file));
    assert_eq!(world.leaks(), [format!("environ of process {}", planted.id())]);
    planted.kill().expect("end it");
    planted.wait().expect("wait for it");
    finds_the_leak_when_it_is_dropped(world);
}

fn finds_the_leak_when_it_is_dropped(world: World) {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(world)));
    assert!(dropped.is_err(), "the leak was not found");
}
