//! Owns the users of these tests, and how a profile is made for one.

use std::ffi::OsStr;

use cp_token_tests::world::{Call, World};

/// A user with a password that the oracle knows.
pub(crate) struct TestUser {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl TestUser {
    pub(crate) fn new(world: &World) -> Self {
        Self { name: "jo@example.com".to_owned(), password: world.new_secret() }
    }
}

/// `cp-token profile create` for this user at the world's server, the secret kept in memory and read from standard
/// input.
pub(crate) fn creating(world: &World, person: &TestUser, profile: &str) -> Call {
    let url = world.server().url();
    let line = ["profile", "create", profile, "--url", &url, "--username", &person.name];
    let call = world.alone(&line).args(["--secret-stdin", "--secret-source", "memory"]);
    call.args([OsStr::new("--ca-bundle"), world.ca_file().as_os_str()])
}
