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

#[test]
fn a_daemon_that_a_list_lets_others_change_is_neither_started_nor_handed_over_to() {
    if !programs::is_root() || !programs::present(&["setfacl"]) {
        return;
    }
    let world = World::new();
    // The file of all worlds is the same one.
    let copy = world.path("bin/copy");
    world.program("cp").args([world.daemon_file(), copy.clone()]).run().succeeded();
    std::fs::rename(&copy, world.daemon_file()).expect("a file of this world alone");
    for path in [world.daemon_file(), world.path("bin")] {
        world.helper(&["daemon", "start"]).succeeded();
        open_by_list(&world, &path, "rwx");
        world.helper(&["daemon", "restart"]).failed(69).saying("access list");
        world.helper(&["daemon", "stop", "--yes"]).succeeded();
        for command in [&["daemon", "start"][..], &["-p", "prod"], &["daemon", "restart"]] {
            world.helper(command).failed(78).saying("is not run: an access list");
        }
        assert!(world.running().is_empty(), "{}", path.display());
        fix_as_the_message_says(&world, &world.helper(&["daemon", "start"]).failed(78), &path);
        world.helper(&["daemon", "start"]).succeeded();
        world.helper(&["daemon", "stop", "--yes"]).succeeded();
    }
}

#[test]
fn whoever_looks_for_the_folder_that_is_open_is_sent_to_the_lists_too() {
    if !programs::is_root() || !programs::present(&["setfacl"]) {
        return;
    }
    let world = World::new();
    let client = world.new_client();
    let folder = world.path("bin/.crashplancli");
    std::fs::create_dir(&folder).expect("make a folder");
    let [secret, program] = ["secret", "show"].map(|name| folder.join(name));
    std::fs::write(&secret, &client.secret).expect("write the secret");
    std::fs::write(&program, format!("#!/bin/sh\ncat {}\n", secret.display())).expect("write the program");
    let cli = "[p]\ncpg_authority_url=https://a.example\ncpg_username=k\napi-client-auth=True\n";
    std::fs::write(folder.join("config.cfg"), cli).expect("write the other program's file");
    chmod(&folder, 0o700);
    chmod(&secret, 0o600);
    chmod(&program, 0o700);
    let url = world.server().url();
    let create = |option: &str, path: &Path| {
        let line = ["profile", "create", "prod", "--url", &url, "--client-id", &client.id, "--ca-bundle"];
        world.call(&line).args([&world.ca_file()]).args([option]).args([path]).run()
    };
    let import = || {
        let line = ["profile", "import", "--dry-run", "--secret-source", "memory"];
        world.call(&line).env("HOME", world.path("bin")).run()
    };
    open_by_list(&world, &folder, "rwx");
    for refused in [create("--secret-file", &secret), create("--secret-command", &program), import()] {
        assert!(refused.code != 0 && refused.stdout.is_empty(), "{refused:?}");
        refused.saying("(and `getfacl` where `ls -ld` shows a `+`)").saying("with `namei -l");
    }
    world.program("setfacl").args(["-b"]).args([&folder]).run().succeeded();
    create("--secret-file", &secret).succeeded();
    let read = import();
    assert!(read.stdout.contains("p: "), "it is read: {read:?}");
}
