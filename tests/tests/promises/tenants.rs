//! The promise: whoever has ten thousand profiles works with them as with ten. Every command does its work, lists are
//! whole, and one profile is one profile.

use cp_token_tests::world::{Outcome, World};

mod stage;

use stage::{MANY, many, name};

/// The names in what `profile list --json` or `status --json` says.
fn names(list: &serde_json::Value) -> Vec<String> {
    let name = |one: &serde_json::Value| one["name"].as_str().expect("a name").to_owned();
    list.as_array().expect("a list").iter().map(name).collect()
}

#[test]
fn ten_thousand_profiles_are_listed_whole_and_in_order() {
    let (world, _) = many(MANY);
    let _daemon = world.daemon();
    let listed = names(&world.helper(&["profile", "list", "--json"]).json());
    let expected: Vec<String> = (0..MANY).map(name).collect();
    assert_eq!(listed, expected);
    assert_eq!(names(&world.helper(&["status", "--json"]).json()["profiles"]), expected);
    let status = world.helper(&["status"]).succeeded().stdout;
    assert_eq!(status.lines().filter(|line| line.starts_with("  customer-")).count(), MANY);
    let network: Vec<&str> = status.lines().filter(|line| line.starts_with("network:")).collect();
    assert_eq!(network.len(), 1, "what all have alike is one line");
    assert!(network[0].contains(&format!("all {MANY} profiles: with the roots of ")), "{network:?}");
}

#[test]
fn one_of_ten_thousand_profiles_is_shown_changed_used_and_deleted() {
    let (world, client) = many(MANY);
    let _daemon = world.daemon();
    let last = name(MANY - 1);
    let show = |name: &str| world.helper(&["profile", "show", name, "--json"]);
    assert_eq!(show(&last).json()["client_id"], client.id.as_str());
    world.helper(&["profile", "update", &last, "--also-for", "https://gateway.example"]).succeeded();
    assert_eq!(show(&last).json()["also_for"][0], "https://gateway.example");
    world.helper(&["profile", "reset-secret", &last]).succeeded();
    world.helper(&["profile", "use", &last]).succeeded();
    world.helper(&[]).token();
    curl(&world, &last).succeeded();
    world.create_profile("another", "memory");
    world.helper(&["-p", "another"]).token();
    world.helper(&["profile", "delete", &last, "--yes"]).succeeded();
    show(&last).failed(64).saying("there is no profile");
    let several = world.helper(&[]).failed(64).stderr;
    assert!(several.len() < 1000 && several.contains(" others"), "ten thousand names are no help: {several}");
}

fn curl(world: &World, name: &str) -> Outcome {
    let ca = world.ca_file().display().to_string();
    world.helper(&[
        "curl",
        "-p",
        name,
        "--",
        "-sS",
        "-f",
        "-o",
        "/dev/null",
        "--cacert",
        &ca,
        "/api/v3/users",
    ])
}

#[test]
fn a_daemon_with_ten_thousand_profiles_is_locked_reloaded_and_succeeded() {
    let (world, _) = many(MANY);
    let _daemon = world.daemon();
    let passphrase = world.new_secret();
    let last = name(MANY - 1);
    let token = world.helper(&["-p", &last]).token();
    world.helper(&["daemon", "reload"]).succeeded();
    assert_eq!(world.helper(&["-p", &last]).token(), token);
    world.call(&["lock", "--passphrase-stdin"]).stdin(&passphrase).run().succeeded();
    assert_eq!(world.helper(&["status", "--json"]).json()["profiles"].as_array().map(Vec::len), Some(0));
    world.call(&["unlock", "--passphrase-stdin"]).stdin(&passphrase).run().succeeded();
    world.helper(&["-p", &last]).token();
    world.helper(&["daemon", "restart"]).succeeded();
    world.helper(&["-p", &last]).token();
    world.helper(&["forget", "--all"]).succeeded();
    assert!(world.helper(&["log", "-n", "1000"]).succeeded().stdout.lines().count() > 5);
}

#[test]
fn a_name_among_ten_thousand_is_completed() {
    let (world, _) = many(MANY);
    let _daemon = world.daemon();
    let call =
        world.call(&["--", "cp-token", "profile", "show", "customer-00042"]).env("CP_TOKEN_COMPLETE", "fish");
    let offered = call.run().succeeded().stdout;
    assert!(offered.lines().any(|line| line.starts_with(&name(42))), "{offered}");
    assert_eq!(offered.lines().count(), 1, "{offered}");
}

#[test]
fn doctor_looks_at_ten_thousand_profiles_and_asks_one_server_once() {
    let (world, client) = many(MANY);
    let _daemon = world.daemon();
    let before = world.server().connections();
    let report = world.helper(&["doctor", "--json"]).json();
    let checks = report["checks"].as_array().expect("a list");
    let of = |name: &str| {
        let own = checks.iter().filter(|check| check["profile"] == name);
        own.map(|check| {
            (check["check"].as_str().expect("a word"), check["severity"].as_str().expect("a word"))
        })
        .collect::<Vec<_>>()
    };
    for number in [0, 1, MANY / 2, MANY - 1] {
        for check in ["secret", "name", "server", "token"] {
            assert!(of(&name(number)).contains(&(check, "ok")), "{number}: {:?}", of(&name(number)));
        }
    }
    assert_eq!(world.server().connections() - before, 1);
    assert_eq!(world.server().token_requests(), 0, "{}", client.id);
    let outcome = world.helper(&["doctor"]).stdout;
    assert!(
        outcome.lines().count() < 100,
        "what is well is told in one line: {} lines",
        outcome.lines().count()
    );
    assert!(outcome.contains(&format!("nothing is wrong with {MANY} of {MANY} profiles")), "{outcome}");
}
