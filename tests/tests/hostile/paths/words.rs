//! What is said of a path that an access list opens to others: it names the list, and the command that is enough.

use std::path::Path;

use cp_token_tests::programs;
use cp_token_tests::world::{Outcome, World};

use crate::stage::chmod;

fn open_by_list(world: &World, path: &Path, rights: &str) {
    let entry = format!("u:1235:{rights}");
    world.program("setfacl").args(["-m", &entry]).args([path]).run().succeeded();
}

/// Runs the command that was said.
fn fix_as_the_message_says(world: &World, outcome: &Outcome, path: &Path) {
    let line = format!("setfacl -b {}", path.display());
    assert!(outcome.stderr.contains(&line) && outcome.stdout.is_empty(), "{line}: {outcome:?}");
    world.shell(&line).succeeded();
}

#[test]
fn an_access_list_is_named_with_the_command_that_takes_it_away() {
    if !programs::is_root() || !programs::present(&["setfacl"]) {
        return;
    }
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    let reload = || world.helper(&["daemon", "reload"]);
    for path in [world.config_folder().join("config.toml"), world.config_folder()] {
        open_by_list(&world, &path, "rwx");
        fix_as_the_message_says(&world, &reload().failed(78).saying("access list"), &path);
        reload().succeeded();
    }
    let bundle = world.path("list.pem");
    std::fs::copy(world.ca_file(), &bundle).expect("copy the bundle");
    chmod(&bundle, 0o600);
    let url = world.server().url();
    let create = || {
        let line = ["profile", "create", "two", "--secret-source", "memory", "--secret-stdin", "--ca-bundle"];
        let call = world.call(&line).args([&bundle]).args(["--url", &url, "--client-id", &client.id]);
        call.stdin(&client.secret).run()
    };
    open_by_list(&world, &bundle, "rw");
    fix_as_the_message_says(&world, &create().failed(78).saying("access list"), &bundle);
    create().succeeded();
}
