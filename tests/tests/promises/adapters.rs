//! Promises to Bazel, docker and kubectl: each is answered in its own words, for exact origins alone, and with the real
//! program where there is one.

mod bazel;
mod docker;
mod documented;
mod kubectl;

use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::guarded_server::{Content, Freshness, GuardedServer, Presented};
use cp_token_tests::world::World;

use crate::test_user::{TestUser, creating};

/// A world in which profile `prod` answers for a server with these contents, too.
fn stage(
    demand: Freshness,
    answers: Vec<(&'static str, &'static str, &'static str)>,
) -> (World, GuardedServer) {
    let world = World::new();
    let tls = world.server().authority().server_config(ServerCertificate::Good);
    let server = GuardedServer::start(Content::Answers(answers), demand, Some(tls));
    world.create_profile("prod", "memory");
    world.helper(&["profile", "update", "prod", "--also-for", &server.url()]).succeeded();
    (world, server)
}

/// What the server was shown, each time that it was shown something.
fn presented(server: &GuardedServer) -> Vec<Presented> {
    let presented = server.seen().into_iter().map(|seen| seen.presented);
    presented.filter(|one| *one != Presented::Nothing).collect()
}

/// Profile `old` of kind `basic`.
fn create_basic(world: &World) -> TestUser {
    let jo = TestUser::new(world);
    world.server().add_user(&jo.name, &jo.password, None);
    let created = creating(world, &jo, "old").args(["--basic"]).stdin(&jo.password).run();
    assert_eq!(created.code, 0, "{created:?}");
    jo
}
