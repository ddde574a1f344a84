//! Promises of docs/integrations.md: its lines are run as they are, and then the programs work.

use std::fs;

use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::guarded_server::{Content, Freshness, GuardedServer, Presented};
use cp_token_tests::programs;
use cp_token_tests::snippets;
use cp_token_tests::world::{Outcome, World};

/// The shell blocks of the page, in order.
fn blocks() -> Vec<String> {
    let of_page = snippets::all().into_iter().filter(|snippet| snippet.page == "docs/integrations.md");
    of_page.map(|snippet| snippet.text).collect()
}

fn run(world: &World, program: &str, arguments: &[&str]) -> Outcome {
    let call = world.program(program).args(arguments).env("GIT_SSL_CAINFO", world.ca_file());
    call.env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1").run()
}

#[test]
fn the_lines_for_other_programs_do_what_the_page_says() {
    if !programs::present(&["git"]) {
        return;
    }
    let world = World::new();
    for folder in ["served", "home/bin"] {
        fs::create_dir(world.path(folder)).expect("make a folder");
    }
    let tls = world.server().authority().server_config(ServerCertificate::Good);
    let server =
        GuardedServer::start(Content::Repositories(world.path("served")), Freshness::Either, Some(tls));
    world.create_profile("prod", "memory");
    world.helper(&["profile", "update", "prod", "--also-for", &server.url()]).succeeded();
    let has_kubectl = programs::find("kubectl").is_some();
    let blocks = blocks();
    assert_eq!(blocks.len(), 3, "{blocks:?}");
    for block in blocks.iter().filter(|block| has_kubectl || !block.starts_with("kubectl")) {
        let block = block.replace("https://git.example", &server.url());
        let outcome = world.program("sh").args(["-e", "-c", &block]).run();
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{block}");
    }
    let token = world.helper(&[]).token();
    server.accept(&token);
    run(&world, "git", &["init", "-q", "--bare", "served/repo.git"]).succeeded();
    assert_eq!(run(&world, "git", &["clone", "-q", &format!("{}/repo.git", server.url()), "one"]).code, 0);
    let sent = server.seen().into_iter().map(|seen| seen.presented);
    assert!(sent.into_iter().any(|one| match one {
        Presented::Bearer(sent) | Presented::Basic(_, sent) => sent == token,
        Presented::Nothing | Presented::Unreadable => false,
    }));
    let request = serde_json::json!({ "uri": server.url() }).to_string();
    let bazel = world.program(world.path("home/bin/bazel-credential-cp-token")).args(["get"]).stdin(request);
    assert!(bazel.printing_a_token().run().json()["headers"].is_object());
    let docker =
        world.program(world.path("home/bin/docker-credential-cp-token")).args(["get"]).stdin(server.url());
    assert_eq!(docker.printing_a_token().run().json()["Secret"], token.as_str());
    let config = fs::read_to_string(world.path("home/.kube/config")).unwrap_or_default();
    assert!(!has_kubectl || config.contains("provideClusterInfo: true"), "{config}");
}
