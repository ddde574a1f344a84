//! Owns the config file of somebody with many profiles, as a person or a program of theirs would write it.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;

use cp_token_tests::world::{Client, World};

/// As many as are promised.
pub(crate) const MANY: usize = 10_000;

/// The profile of that number; their order is that of the numbers.
pub(crate) fn name(number: usize) -> String {
    format!("customer-{number:05}-production-eu-central.backup")
}

/// A world with so many profiles of one client, whose secret is in a file.
pub(crate) fn many(count: usize) -> (World, Client) {
    let world = World::new();
    let client = world.new_client();
    let secret = world.path("secret");
    world.oracle().spare(&secret);
    std::fs::write(&secret, &client.secret).expect("write the secret");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("make it private");
    let mut text = format!("ca_bundle = \"{}\"\n", world.ca_file().display());
    for number in 0..count {
        write!(
            text,
            "\n# {number}: contract 4711-{number}, see the wiki\n[profile.\"{}\"]\nkind = \"api-client\"\n\
             client_id = \"{}\"\nurl = \"{}\"\nsecret_source = \"file\"\nsecret_file = \"{}\"\n",
            name(number),
            client.id,
            world.server().url(),
            secret.display()
        )
        .expect("a text grows");
    }
    let config = world.path("config/config.toml");
    std::fs::write(&config, text).expect("write the config");
    std::fs::set_permissions(config, std::fs::Permissions::from_mode(0o600)).expect("make it private");
    (world, client)
}
