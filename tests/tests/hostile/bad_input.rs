//! Everything that a person can get wrong: one clear line that says what to do, the right exit code, nothing on
//! standard output, and nothing lost.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use cp_token_tests::programs;
use cp_token_tests::world::{Client, Outcome, World, processes};

use crate::stage::{by_other, can_be_others, chmod, give_to, open_the_way};

/// A world with a profile `prod`, its client and its token.
fn stage() -> (World, Client, String) {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    (world, client, token)
}

fn create(world: &World, name: &str, url: &str, secret: &str, more: &[&str]) -> Outcome {
    let line = ["profile", "create", name, "--url", url, "--client-id", "key-9", "--secret-source", "memory"];
    world.call(&line).args(["--secret-stdin"]).args(more).stdin(secret).run()
}

fn config(world: &World) -> PathBuf {
    world.config_folder().join("config.toml")
}

fn nothing_is_lost(world: &World, token: &str, config_before: &str) {
    assert_eq!(world.helper(&["-p", "prod"]).token(), token);
    assert_eq!(std::fs::read_to_string(config(world)).expect("the config"), config_before);
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    if !programs::is_root() {
        return;
    }
    World::new().helper(&[]).failed(78).saying("cp-token profile create NAME --url URL --client-id ID");
    let (world, _, token) = stage();
    let before = std::fs::read_to_string(config(&world)).expect("the config");
    for line in
        [["-p", "nope"].as_slice(), &["profile", "delete", "nope", "--yes"], &["profile", "show", "nope"]]
    {
        world.call(line).run().failed(64).saying("there is no profile nope").saying("cp-token profile list");
    }
    world.call(&[]).env("CP_TOKEN_PROFILE", "nope").run().failed(64).saying("there is no profile nope");
    world.helper(&["--url", "https://nope.example"]).failed(64).saying("no profile has the URL");
    nothing_is_lost(&world, &token, &before);
}

#[test]
fn a_name_a_url_or_a_secret_of_the_wrong_form_is_refused_before_anything_is_asked_or_stored() {
    if !programs::is_root() {
        return;
    }
    let (world, _, token) = stage();
    let before = std::fs::read_to_string(config(&world)).expect("the config");
    let requests = world.server().connections();
    let url = world.server().url();
    for name in ["", "a b", "A", "../x", "a/b", "ä", "-x", "a\nb", &"x".repeat(65)] {
        create(&world, name, &url, "secret", &[]).failed(64);
    }
    for bad in [
        "http://console.us2.crashplan.com",
        "https://console.us2.crashplan.com/console",
        "https://me:pw@console.us2.crashplan.com",
        "https://console.us2.crashplan.com?x=1",
        "https://console.us2.crashplan.com#x",
        "console.us2.crashplan.com",
        "https://",
        "",
    ] {
        create(&world, "second", bad, "secret", &[]).failed(78);
    }
    for secret in ["", "\n", "two\nlines", "two\nlines\n", "a\rb", "a\tb", "a\0b", &"x".repeat(5000)] {
        create(&world, "second", &url, secret, &[]).failed(65);
        let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]);
        reset.stdin(secret).run().failed(65);
    }
    assert_eq!(world.server().connections(), requests);
    nothing_is_lost(&world, &token, &before);
}

#[test]
fn a_name_that_is_taken_and_a_secret_that_is_refused_change_nothing() {
    if !programs::is_root() {
        return;
    }
    let (world, client, token) = stage();
    let before = std::fs::read_to_string(config(&world)).expect("the config");
    let url = world.server().url();
    world
        .creating("prod", "memory", &client, &url)
        .run()
        .failed(64)
        .saying("there is a profile prod already");
    let wrong = world.new_secret();
    let ca = world.ca_file();
    let ca = ["--ca-bundle", ca.to_str().expect("UTF-8")];
    create(&world, "second", &url, &wrong, &ca).failed(77).saying("nothing was changed");
    let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&wrong);
    reset.run().failed(77).saying("nothing was changed");
    nothing_is_lost(&world, &token, &before);
    world.helper(&["--fresh"]).token();
}

#[test]
fn a_ca_bundle_that_cannot_be_read_is_named() {
    if !programs::is_root() {
        return;
    }
    let (world, _, token) = stage();
    let before = std::fs::read_to_string(config(&world)).expect("the config");
    let garbage = world.path("garbage.pem");
    std::fs::write(&garbage, "no certificate").expect("write it");
    for bundle in ["/nonexistent/ca.pem", "/", "/dev/null", garbage.to_str().expect("UTF-8")] {
        let outcome = create(&world, "second", &world.server().url(), "secret", &["--ca-bundle", bundle]);
        outcome.failed(78).saying("--ca-bundle FILE");
    }
    assert_eq!(world.server().token_requests(), 1, "the first profile's");
    nothing_is_lost(&world, &token, &before);
}

#[test]
fn a_broken_config_is_shown_by_line_and_column_and_keeps_nobody_from_a_token_that_is_held() {
    if !programs::is_root() {
        return;
    }
    let (world, _, token) = stage();
    let good = std::fs::read_to_string(config(&world)).expect("the config");
    for (bad, place) in [
        (format!("{good}\n[profile.x\n"), "column"),
        (format!("what = 1\n{good}"), "line 1, column 1"),
        (format!("{good}\n[profile.x]\nurl = \"http://a.example\"\nclient_id = \"k\"\n"), "line"),
        (good.replace("client_id", "client_idea"), "line"),
    ] {
        std::fs::write(config(&world), &bad).expect("break the config");
        world.helper(&["daemon", "reload"]).failed(78).saying(place).saying("config.toml, line ");
        create(&world, "second", "https://a.example", "secret", &["--no-verify"]).failed(78).saying(place);
        nothing_is_lost(&world, &token, &bad);
    }
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    world.helper(&[]).failed(78).saying("config.toml, line ");
    std::fs::write(config(&world), &good).expect("fix the config");
    world.helper(&[]).failed(69).saying("cp-token profile reset-secret prod");
}

#[test]
fn k05_a_config_that_others_could_have_written_or_that_is_no_file_is_not_read() {
    if !programs::is_root() {
        return;
    }
    let (world, _, token) = stage();
    let (file, aside) = (config(&world), world.path("aside"));
    let refused = |words: &str| {
        world.helper(&["daemon", "reload"]).failed(78).saying(words);
        assert_eq!(world.helper(&[]).token(), token);
    };
    for mode in [0o666, 0o622, 0o602] {
        chmod(&file, mode);
        refused("chmod go-w");
    }
    chmod(&file, 0o600);
    std::fs::rename(&file, &aside).expect("move it aside");
    symlink(&aside, &file).expect("a link in its place");
    give_to(&file, 1235);
    refused("belongs to user 1235");
    std::fs::remove_file(&file).expect("take the link away");
    world.program("mkfifo").args([&file]).run().succeeded();
    refused("not a plain file");
    std::fs::remove_file(&file).expect("take the pipe away");
    std::fs::create_dir(&file).expect("a folder in its place");
    refused("not used");
    std::fs::remove_dir(&file).expect("take the folder away");
    for device in ["zero", "null"] {
        world.program("cp").args(["-a", &format!("/dev/{device}")]).args([&file]).run().succeeded();
        refused("not a plain file");
        std::fs::remove_file(&file).expect("take the device away");
    }
    std::fs::rename(&aside, &file).expect("move it back");
    give_to(&file, 1235);
    refused("belongs to user 1235");
    give_to(&file, 0);
    world.helper(&["daemon", "reload"]).succeeded();
    assert_eq!(world.helper(&[]).token(), token);
}

#[test]
fn without_a_home_one_line_says_what_to_set() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    open_the_way(&world);
    let homeless = |program: PathBuf| {
        let call = by_other(&world, "env").args(["-i"]).args([program]);
        call.run()
    };
    homeless(world.helper_file()).failed(78).saying("there is no home folder");
    let outcome = homeless(world.daemon_file());
    assert!(outcome.code == 69 && outcome.stderr.contains("there is no home folder"), "{outcome:?}");
}

#[test]
fn d12_an_output_that_takes_nothing_is_a_failure_and_costs_no_token() {
    if !programs::is_root() {
        return;
    }
    let (world, _, token) = stage();
    for line in [
        "cp-token >/dev/full",
        "cp-token -f json >/dev/full",
        "cp-token status >/dev/full",
        "cp-token --help >/dev/full",
        "cp-token >&-",
    ] {
        world.shell(line).failed(74);
    }
    assert_eq!(world.helper(&[]).token(), token);
    assert!(processes::program(world.daemon_pid()).is_some());
}
