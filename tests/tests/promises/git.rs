//! Promises to git, of every version that is installed: real clones and pushes through a real helper, against servers
//! that want the token in one form or the other.

mod commands;
mod conformance;
mod floods;
mod hosts;
mod words;

use std::path::{Path, PathBuf};

use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::guarded_server::{Content, Freshness, GuardedServer};
use cp_token_tests::programs;
use cp_token_tests::world::{Call, World};

/// Names more versions of git than `PATH` does, between colons.
const MORE_GITS: &str = "CP_TOKEN_TESTS_GIT";

/// Every git that can be found; none, said aloud, where there is none.
fn gits() -> Vec<PathBuf> {
    if programs::present(&["git"]) { programs::find_all("git", MORE_GITS) } else { Vec::new() }
}

/// A world and a git server for whose origin profile `prod` answers.
fn stage(demand: Freshness, has_tls: bool) -> (World, GuardedServer) {
    let world = World::new();
    std::fs::create_dir(world.path("served")).expect("make a folder");
    let tls = has_tls.then(|| world.server().authority().server_config(ServerCertificate::Good));
    let server = GuardedServer::start(Content::Repositories(world.path("served")), demand, tls);
    world.create_profile("prod", "memory");
    let insecure: &[&str] = if has_tls { &[] } else { &["--insecure-http"] };
    let line = ["profile", "update", "prod", "--also-for", &server.url()];
    world.call(&line).args(insecure).run().succeeded();
    (world, server)
}

/// This git with our helper and no other, asking nobody at a terminal.
fn git(world: &World, program: &Path, arguments: &[&str]) -> Call {
    let certificates = format!("http.sslCAInfo={}", world.ca_file().display());
    let helper = "credential.helper=!cp-token git-credential";
    bare_git(world, program)
        .args(["-c", &certificates, "-c", "credential.helper=", "-c", helper])
        .args(arguments)
}

/// This git as it is without any setting.
fn bare_git(world: &World, program: &Path) -> Call {
    let mut call = world.program(program).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    for who in ["AUTHOR", "COMMITTER"] {
        call = call.env(&format!("GIT_{who}_NAME"), "Jo").env(&format!("GIT_{who}_EMAIL"), "jo@example.com");
    }
    call
}

/// Whether this git can send another scheme than Basic (2.46 and later).
fn knows_authtype(world: &World, program: &Path) -> bool {
    bare_git(world, program).args(["credential", "capability"]).run().stdout.contains("capability authtype")
}

/// `git-credential get` of the helper itself, with this on standard input.
fn get(world: &World, input: &str) -> Call {
    world.call(&["git-credential", "get"]).stdin(input).printing_a_token()
}
