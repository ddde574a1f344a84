//! Promises about secrets that others keep: a password store, a service manager, a mounted file. The tools are the
//! real ones wherever they can be installed.

mod commands;
mod files;
mod pass_store;
mod programs_run;
mod words;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cp_token_tests::world::{Call, Client, World};

/// `cp-token profile create prod` for this client, with its secret where `option` says.
fn creating(world: &World, client: &Client, option: &str, value: &str) -> Call {
    let url = world.server().url();
    let line = ["profile", "create", "prod", "--url", &url, "--client-id", &client.id, option, value];
    let ca = world.ca_file();
    world.call(&line).args(["--ca-bundle", ca.to_str().expect("a path in UTF-8")])
}

/// A place for what holds a secret by its nature. It is not searched for leaks, as the programs beside it are not.
fn private_path(world: &World, name: &str) -> PathBuf {
    world.path("bin").join(name)
}

/// Puts a file there, whole at every moment.
fn put(file: &Path, text: &str, mode: u32) {
    let draft = file.with_extension("new");
    std::fs::write(&draft, text).expect("write the file");
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(mode)).expect("set its mode");
    std::fs::rename(draft, file).expect("put it there");
}

/// A shell script among the world's programs.
fn script(world: &World, name: &str, text: &str) -> String {
    let file = private_path(world, name);
    put(&file, &format!("#!/bin/sh\n{text}\n"), 0o700);
    file.to_str().expect("a path in UTF-8").to_owned()
}
