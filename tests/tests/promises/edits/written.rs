//! Promises about a config file that a program has emptied and is still filling, as `decrypt > config.toml` does.

use std::fs::File;
use std::io::Write;

use cp_token_tests::world::World;

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
