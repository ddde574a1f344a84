//! Promises about the way to a server: through a proxy and past it, what the proxy gets to see, who is blamed, and
//! what a person is offered and told.

use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::world::{Call, Client, World};

mod certificates;
mod invisible;
mod names;
mod offers;
mod portals;
mod proxies;
mod redirects;
mod refusals;
mod settings;

/// `cp-token profile create` for this client, through this proxy, with the secret in memory.
fn creating_through(world: &World, name: &str, client: &Client, proxy: &str) -> Call {
    world.creating(name, "memory", client, &world.server().url()).args(["--proxy", proxy])
}

/// A profile of its own for each of several cases, since the token requests of one are bounded.
fn stored_through(world: &World, name: &str, proxy: &str) -> Client {
    let client = world.new_client();
    creating_through(world, name, &client, proxy).args(["--no-verify"]).run().succeeded();
    client
}

/// What the proxy saw must hold no secret of this world; the world's end tells.
pub(crate) fn search(world: &World, proxy: &FakeProxy) {
    for conversation in proxy.conversations() {
        world.oracle().record("what a proxy could read", conversation.beyond);
    }
}

/// The command that a message puts between backticks.
fn command_in(message: &str) -> &str {
    message.split('`').nth(1).expect("a command between backticks")
}
