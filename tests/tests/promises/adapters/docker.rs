//! Promises to docker: its client library's calls, replayed, and the real client's own lookup of a credential.

use std::fs;
use std::os::unix::fs::symlink;

use cp_token_tests::guarded_server::{Freshness, Presented};
use cp_token_tests::programs;
use cp_token_tests::world::{Outcome, World};

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}"#;
/// The digest in the manifest is that of this text.
const CONFIG: &str = "{}";

const NOT_FOUND: &str = "credentials not found in native keychain";

/// As docker's client library runs a helper: by its other name, one word, something on standard input.
fn helper(world: &World, operation: &str, input: &str) -> Outcome {
    let name = world.path("bin/docker-credential-cp-token");
    if !name.exists() {
        symlink(world.helper_file(), &name).expect("make a link");
    }
    world.program(name).args([operation]).stdin(input).printing_a_token().run()
}

#[test]
fn a_server_of_a_profile_gets_the_token_as_password_however_docker_names_it() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let url = world.server().url();
    let host = format!("localhost:{}", world.server().port());
    for name in [url.clone(), format!("{url}/v1/"), host.clone(), format!("{host}/v2/")] {
        let answer = helper(&world, "get", &name).json();
        let expected = serde_json::json!({ "ServerURL": name, "Username": "prod", "Secret": token });
        assert_eq!(answer, expected);
    }
    let by_profile = world.call(&["docker", "-p", "prod", "get"]).stdin(format!("{host}\n"));
    assert_eq!(by_profile.printing_a_token().run().json()["Secret"], token.as_str());
}

#[test]
fn h03_what_is_not_ours_is_reported_in_the_words_that_clients_know() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    for name in [
        "index.docker.io/v1/",
        "https://index.docker.io/v1/",
        "localhost",
        &format!("http://{host}"),
        &format!("{host}.evil.example"),
        &format!("{host}@evil.example"),
        &format!("u@{host}"),
        &format!("{host}\nevil.example"),
        &format!("{host}\\"),
        &format!("//{host}"),
    ] {
        let outcome = helper(&world, "get", name);
        assert_eq!(
            (outcome.code, outcome.stdout.trim(), outcome.stderr.as_str()),
            (1, NOT_FOUND, ""),
            "{name}"
        );
    }
    for name in ["", "\n", "  "] {
        let outcome = helper(&world, "get", name);
        let said = (outcome.code, outcome.stdout.trim(), outcome.stderr.as_str());
        assert_eq!(said, (1, "no credentials server URL", ""), "{name:?}");
    }
    helper(&world, "get", &"x".repeat(65_537)).failed(65);
}

#[test]
fn h09_store_and_erase_change_nothing_and_say_nothing() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    let config = || fs::read(world.config_folder().join("config.toml")).expect("a config");
    let (before, token) = (config(), world.helper(&[]).token());
    let attacker = world.new_secret();
    let stored = serde_json::json!({ "ServerURL": host, "Username": "prod", "Secret": attacker }).to_string();
    for (operation, input) in [("store", stored.as_str()), ("store", "x"), ("erase", &host), ("erase", "")] {
        assert_eq!(helper(&world, operation, input).succeeded().stdout, "", "{operation}");
    }
    assert_eq!((config(), world.helper(&[]).token()), (before, token));
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn the_list_has_every_server_with_its_user_name_and_no_secret() {
    let world = World::new();
    assert_eq!(helper(&world, "list", "unused").succeeded().stdout, "{}\n");
    world.create_profile("prod", "memory");
    world.helper(&["profile", "update", "prod", "--also-for", "https://registry.example"]).succeeded();
    let list = world.call(&["docker", "list"]).run().json();
    assert_eq!(list, serde_json::json!({ world.server().url(): "prod", "https://registry.example": "prod" }));
    assert!(
        helper(&world, "version", "")
            .succeeded()
            .stdout
            .starts_with("docker-credential-cp-token (cp-token) v")
    );
    assert!(helper(&world, "--version", "").succeeded().stdout.contains("cp-token"));
    for operation in ["frobnicate", "GET", ""] {
        helper(&world, operation, "").failed(64);
    }
}

#[test]
fn a_failure_for_our_own_server_is_one_line_and_kind_basic_has_its_own_name() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    world.helper(&["forget", "--all"]).succeeded();
    world.server().reset_secret(&client.id, &world.new_secret());
    helper(&world, "get", &host).failed(77);
    let jo = super::create_basic(&world);
    let answer = world.call(&["docker", "-p", "old", "get"]).stdin(&host).printing_a_token().run().json();
    assert_eq!((&answer["Username"], &answer["Secret"]), (&jo.name.into(), &jo.password.into()));
}

/// The client looks credentials up by itself, without an engine, when it inspects a manifest.
#[test]
fn the_real_docker_client_logs_in_to_a_registry_with_the_token() {
    if programs::find("docker").is_none() {
        return programs::skipped("docker's client is not installed");
    }
    let blob = "/blobs/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let answers = vec![
        ("/v2/", "application/json", "{}"),
        ("/manifests/latest", MANIFEST_TYPE, MANIFEST),
        (blob, "application/octet-stream", CONFIG),
    ];
    let (world, registry) = super::stage(Freshness::Basic, answers);
    helper(&world, "version", "").succeeded();
    let token = world.helper(&[]).token();
    registry.accept(&token);
    let host = registry.url().replace("https://", "");
    fs::create_dir(world.path("docker")).expect("make a folder");
    let config = serde_json::json!({ "credHelpers": { &host: "cp-token" } }).to_string();
    fs::write(world.path("docker/config.json"), config).expect("write docker's config");
    let image = format!("{host}/team/image:latest");
    let line = ["manifest", "inspect", "--insecure", &image];
    let docker = || world.program("docker").env("DOCKER_CONFIG", world.path("docker")).args(line).run();
    let shown = docker();
    assert!(shown.code == 0 && shown.stdout.contains("sha256:44136fa3"), "{shown:?}");
    let sent = super::presented(&registry);
    assert!(
        !sent.is_empty() && sent.iter().all(|one| *one == Presented::Basic("prod".to_owned(), token.clone()))
    );
    registry.refuse(&token);
    assert_ne!(docker().code, 0, "the control: without a good token the registry lets nobody in");
}
