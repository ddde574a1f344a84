//! Promises about a config file that a program has emptied and is still filling, as `decrypt > config.toml` does.

use std::fs::File;
use std::io::Write;

use cp_token_tests::world::{World, eventually};

use super::{config, names, reload};

/// A world with two profiles, its whole config, and the file as a program has it open that has just emptied it.
fn emptied() -> (World, String, File) {
    let world = World::new();
    world.create_profile("a", "memory");
    world.create_profile("b", "memory");
    world.helper(&["-p", "a"]).token();
    let whole = config(&world);
    let file = File::create(world.path("config/config.toml")).expect("empty it");
    (world, whole, file)
}

#[test]
fn no_change_is_made_to_a_file_that_is_still_being_written_and_none_of_it_is_lost() {
    let (world, whole, mut file) = emptied();
    let half = whole.find("[profile.b]").expect("it was created");
    for part in ["", &whole[..half]] {
        file.write_all(part.as_bytes()).expect("write a part");
        let created = world.creating("c", "memory", &world.new_client(), &world.server().url()).run();
        created.failed(75).saying("is being changed by another program");
        world.helper(&["profile", "use", "a"]).failed(75).saying("is being changed by another program");
    }
    file.write_all(&whole.as_bytes()[half..]).expect("write the rest");
    drop(file);
    assert_eq!(config(&world), whole);
    world.create_profile("c", "memory");
    assert_eq!(names(&world), ["a", "b", "c"]);
}

#[test]
fn a_reload_or_restart_while_the_file_is_being_written_ends_no_token() {
    let (world, whole, mut file) = emptied();
    let asked = world.server().token_requests();
    reload(&world).failed(75).saying("is being changed by another program");
    world.helper(&["daemon", "restart"]).failed(75).saying("is being changed by another program");
    file.write_all(whole.as_bytes()).expect("write it");
    drop(file);
    reload(&world).succeeded();
    world.helper(&["-p", "a"]).token();
    assert_eq!(world.server().token_requests(), asked, "the token was kept");
}

#[test]
fn a_daemon_that_starts_while_the_file_is_being_written_waits_and_misses_no_profile() {
    let (world, whole, mut file) = emptied();
    let half = whole.find("[profile.b]").expect("it was created");
    for part in ["", &whole[..half]] {
        file.write_all(part.as_bytes()).expect("write a part");
        world.helper(&["daemon", "stop", "--yes"]);
        let asked = world.helper(&["-p", "b", "--timeout", "1s"]);
        asked.failed(75).saying("is being changed by another program");
    }
    let waiting = world.call(&["-p", "b", "--fresh", "--retry"]).spawn();
    file.write_all(&whole.as_bytes()[half..]).expect("write the rest");
    drop(file);
    // Its secret was in the memory of a daemon that was stopped.
    assert!(!waiting.finish().failed(69).stderr.contains("no profile"), "the profile is known");
    world.helper(&["-p", "c"]).failed(64).saying("there is no profile c");
}

/// A world whose daemon knows the profile `a`, which its config has, and `b`, which is to be written into it.
fn one_known() -> (World, String, String) {
    let world = World::new();
    world.create_profile("a", "memory");
    let known = config(&world);
    let b = format!("\n[profile.b]\nurl = {:?}\nclient_id = \"key-b\"\n", world.server().url());
    (world, known, b)
}

/// The config as a program has it open that goes on with it.
fn opened(world: &World) -> File {
    let path = world.path("config/config.toml");
    File::options().append(true).create(true).open(path).expect("open it")
}

#[test]
fn a_file_that_somebody_writes_is_not_whole_where_its_text_so_far_is_the_known_one() {
    let (world, _, b) = one_known();
    let mut file = opened(&world);
    world.helper(&["-p", "b", "--timeout", "1s"]).failed(75).saying("is being changed by another program");
    reload(&world).failed(75).saying("is being changed by another program");
    world.helper(&["-p", "a"]).token();
    file.write_all(b.as_bytes()).expect("write the rest");
    drop(file);
    reload(&world).succeeded();
    assert_eq!(names(&world), ["a", "b"]);
}

#[test]
fn an_empty_config_that_somebody_fills_is_waited_for_with_and_without_retry() {
    let (world, known, _) = one_known();
    world.helper(&["daemon", "stop", "--yes"]);
    let path = world.path("config/config.toml");
    std::fs::write(&path, "").expect("empty it");
    world.helper(&["daemon", "start"]).succeeded();
    let mut file = opened(&world);
    let asking = [&["-p", "a"][..], &["-p", "a", "--retry"]].map(|arguments| world.call(arguments).spawn());
    // Both have met the file as it is now when a third has waited for it in vain.
    world.helper(&["-p", "a", "--timeout", "2s"]).failed(75).saying("is being changed by another program");
    file.write_all(known.as_bytes()).expect("write it");
    drop(file);
    for caller in asking {
        let failed = caller.finish();
        // Its secret was in the memory of a daemon that was stopped.
        assert!(!failed.failed(69).stderr.contains("no profile"), "the profile is known");
    }
}

#[test]
fn what_a_killed_daemon_has_left_beside_its_files_goes_with_the_next_change() {
    let world = World::new();
    world.create_profile("a", "memory");
    let (config, state) = (world.config_folder(), world.state_folder());
    let beside = |name: &str| match name.starts_with("config") {
        true => config.join(name),
        false => state.join(name),
    };
    let old = ["config.toml.new-0123456789abcdef", "state.json.new-00000000000000ff"].map(beside);
    let theirs = ["config.toml.new", "config.toml.kept-0123456789abcdef"].map(beside);
    let young = beside("config.toml.new-00000000000000ff");
    for file in old.iter().chain(&theirs) {
        let file = File::create(file).expect("make a file");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("make it an old one");
    }
    std::fs::write(&young, "of a daemon that still writes").expect("make a file");
    world.create_profile("b", "memory");
    assert!(!old[0].exists(), "beside the config");
    // The state is written behind the answer.
    eventually("the old file is gone", || !old[1].exists());
    assert!(theirs.iter().chain([&young]).all(|file| file.exists()));
}
