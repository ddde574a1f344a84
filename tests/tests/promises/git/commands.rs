//! Promises about git's own commands: clone, push, a token that dies between two of them, and several users of one
//! host.

use std::path::Path;

use cp_token_tests::guarded_server::{Freshness, GuardedServer, Presented};
use cp_token_tests::world::World;

use super::{git, gits, knows_authtype, stage};
use crate::sizes::tell;

fn clone(world: &World, program: &Path, server: &GuardedServer, into: &str) -> i32 {
    let url = format!("{}/repo.git", server.url());
    let outcome = git(world, program, &["clone", "-q", &url, into]).run();
    assert!(outcome.stdout.is_empty(), "{outcome:?}");
    outcome.code
}

fn new_repository(world: &World, program: &Path) {
    let folder = world.path("served/repo.git");
    drop(std::fs::remove_dir_all(&folder));
    let line = ["init", "-q", "--bare", "-b", "main"];
    super::bare_git(world, program).args(line).args([folder]).run().succeeded();
}

/// Clones, commits and pushes, and clones again to see what was pushed.
fn round(world: &World, program: &Path, server: &GuardedServer, name: &str) {
    new_repository(world, program);
    let [first, second] = ["first", "second"].map(|part| format!("{name}-{part}"));
    assert_eq!(clone(world, program, server, &first), 0, "{program:?} {name}");
    std::fs::write(world.path(&first).join("file"), name).expect("write a file");
    for line in [&["add", "file"][..], &["commit", "-q", "-m", "one"], &["push", "-q", "origin", "HEAD:main"]]
    {
        let pushed = git(world, program, &["-C", &first]).args(line).run();
        assert_eq!(pushed.code, 0, "{program:?} {name}: {pushed:?}");
    }
    assert_eq!(clone(world, program, server, &second), 0, "{program:?} {name}");
    assert_eq!(std::fs::read_to_string(world.path(&second).join("file")).expect("what was pushed"), name);
}

fn presented(server: &GuardedServer) -> Vec<Presented> {
    let mut presented: Vec<_> = server.seen().into_iter().map(|seen| seen.presented).collect();
    presented.retain(|one| *one != Presented::Nothing);
    presented.dedup();
    presented
}

#[test]
fn clone_and_push_work_with_every_git_against_servers_that_want_bearer_or_basic() {
    for (demand, has_tls) in [
        (Freshness::Basic, true),
        (Freshness::Basic, false),
        (Freshness::Bearer, true),
        (Freshness::Bearer, false),
        (Freshness::Either, true),
        (Freshness::BearerUnsaid, true),
    ] {
        for program in gits() {
            let (world, server) = stage(demand, has_tls);
            let token = world.helper(&[]).token();
            let requests = world.server().token_requests();
            server.accept(&token);
            let knows = knows_authtype(&world, &program);
            if !knows && matches!(demand, Freshness::Bearer | Freshness::BearerUnsaid) {
                new_repository(&world, &program);
                assert_ne!(clone(&world, &program, &server, "none"), 0, "{program:?} cannot send Bearer");
                assert_eq!(presented(&server), [], "libcurl sends a password to nobody who offers no Basic");
                tell(&format!("{} has no way to send Bearer", program.display()));
                continue;
            }
            round(&world, &program, &server, "round");
            let as_bearer = knows && demand != Freshness::Basic;
            let expected =
                if as_bearer { Presented::Bearer(token) } else { Presented::Basic("prod".to_owned(), token) };
            assert_eq!(presented(&server), [expected], "{program:?} {demand:?}");
            assert_eq!(world.server().token_requests(), requests, "every command had the same token");
            tell(&format!("{} cloned and pushed: {demand:?}, TLS: {has_tls}", program.display()));
        }
    }
}

#[test]
fn a_token_that_the_server_refuses_fails_one_command_and_the_next_one_has_another() {
    for (demand, program) in
        gits().into_iter().flat_map(|git| [(Freshness::Basic, git.clone()), (Freshness::Either, git)])
    {
        let (world, server) = stage(demand, true);
        let token = world.helper(&[]).token();
        let requests = world.server().token_requests();
        server.accept(&token);
        round(&world, &program, &server, "before");
        server.refuse(&token);
        assert_ne!(clone(&world, &program, &server, "refused"), 0);
        let next = world.helper(&[]).token();
        assert_ne!(next, token, "the refused token is given out no more");
        server.accept(&next);
        round(&world, &program, &server, "after");
        assert_eq!(world.server().token_requests() - requests, 1);
    }
}

#[test]
fn several_profiles_on_one_host_are_told_apart_by_the_user_name_of_the_config() {
    for program in gits() {
        let (world, server) = stage(Freshness::Either, true);
        let audit = world.create_profile("audit", "memory");
        world.helper(&["profile", "update", "audit", "--also-for", &server.url()]).succeeded();
        let [token, ours] = ["audit", "prod"].map(|name| world.helper(&["-p", name]).token());
        server.accept(&token);
        new_repository(&world, &program);
        let with_user = |user: &str, into: &str| {
            let setting = format!("credential.{}.username={user}", server.url());
            let url = format!("{}/repo.git", server.url());
            git(&world, &program, &["-c", &setting, "clone", "-q", &url, into]).run().code
        };
        assert_eq!(with_user("audit", "by-name"), 0);
        assert_eq!(with_user(&audit.id, "by-id"), 0);
        assert_ne!(with_user("prod", "the-other"), 0, "the token of prod is not good here");
        assert_ne!(with_user("nobody", "nobody"), 0);
        let mut sent: Vec<_> = presented(&server).into_iter().map(secret_of).collect();
        sent.dedup();
        assert!(sent == [token, ours], "the two profiles' tokens, one after the other");
    }
}

fn secret_of(presented: Presented) -> String {
    match presented {
        Presented::Bearer(secret) | Presented::Basic(_, secret) => secret,
        Presented::Nothing | Presented::Unreadable => String::new(),
    }
}

#[test]
fn by_its_other_name_the_helper_needs_one_word_of_config_and_reads_a_path_safely() {
    for program in gits() {
        let (world, server) = stage(Freshness::Either, false);
        let name = world.path("bin/git-credential-cp-token");
        std::os::unix::fs::symlink(world.helper_file(), name).expect("make a link");
        server.accept(&world.helper(&[]).token());
        new_repository(&world, &program);
        let url = format!("{}/repo.git", server.url());
        let line = ["-c", "credential.helper=", "-c", "credential.helper=cp-token -p prod"];
        let path = ["-c", "credential.useHttpPath=true", "clone", "-q", &url, "one"];
        let cloned = super::bare_git(&world, &program).args(line).args(path).run();
        // A clone of an empty repository warns of it.
        assert_eq!(cloned.code, 0, "{cloned:?}");
        assert_eq!(presented(&server).len(), 1);
    }
}
