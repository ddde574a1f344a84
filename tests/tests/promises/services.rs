//! The promises about the daemon as a service, in a real `systemd --user` of an unprivileged user: it starts by its
//! socket, comes back after a crash, is watched, and is boxed in as its unit says.

mod commands;
mod life;
mod sandbox;
mod texts;
mod watched;

use std::os::unix::fs::MetadataExt;

use cp_token_tests::user_manager::UserManager;
use cp_token_tests::world::{Client, World};

/// The service as `service install` makes it.
fn installed(manager: &UserManager<'_>) {
    let outcome = manager.helper(&["service", "install"]).succeeded();
    assert!(outcome.stdout.contains("enabled and started: cp-token.socket"), "{outcome:?}");
}

/// Creates a profile whose secret is in the daemon's memory, or where `source` says.
fn create(world: &World, manager: &UserManager<'_>, name: &str, source: &[&str]) -> Client {
    let client = world.new_client();
    let line = ["profile", "create", name, "--url", &world.server().url(), "--client-id", &client.id];
    let ca = world.ca_file();
    let call = manager.call(&line).args(["--ca-bundle".as_ref(), ca.as_os_str()]).args(source);
    let call = if source.contains(&"--secret-command") {
        call
    } else {
        call.args(["--secret-stdin"]).stdin(&client.secret)
    };
    let created = call.run();
    assert_eq!(created.code, 0, "{created:?}");
    client
}

/// The token that a caller gets.
fn token(manager: &UserManager<'_>, arguments: &[&str]) -> String {
    manager.call(arguments).printing_a_token().run().token()
}

/// What tells the socket's name from another of the same path.
fn identity(world: &World) -> (u64, u64) {
    let facts = std::fs::symlink_metadata(world.socket()).expect("the socket is there");
    (facts.dev(), facts.ino())
}
