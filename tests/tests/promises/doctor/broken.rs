//! Promises where the config file was broken before the daemon began: `status` and `doctor` still tell everything else.

use cp_token_tests::world::World;
use serde_json::Value;

use super::{Report, doctor};

/// A world whose daemon begins with a config that cannot be read; the file that would be good.
fn world() -> (World, String) {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.stop_daemon();
    let file = world.config_folder().join("config.toml");
    let good = std::fs::read_to_string(&file).expect("a config");
    std::fs::write(&file, format!("{good}junk = [\n")).expect("break it");
    world.helper(&["daemon", "start"]).succeeded();
    (world, good)
}

fn fix(world: &World, good: &str) {
    std::fs::write(world.config_folder().join("config.toml"), good).expect("mend it");
}

fn status(world: &World) -> Value {
    world.helper(&["status", "--json"]).json()
}

#[test]
fn status_shows_the_process_its_protections_and_what_is_wrong_with_the_config() {
    let (world, good) = world();
    let message = status(&world);
    assert!(message["pid"].as_u64().is_some_and(|pid| pid > 0), "{message}");
    assert!(message["protections"].as_array().is_some_and(|all| all.len() >= 4), "{message}");
    assert!(message["config_problem"].as_str().is_some_and(|text| text.contains("config.toml")), "{message}");
    assert_eq!(message["profiles"], Value::Array(Vec::new()));
    let text = world.helper(&["status"]).succeeded().stdout;
    assert!(text.contains("process ") && text.contains("(not in force: "), "{text}");
    assert!(text.contains("protection"), "{text}");
    // Where it is fixed meanwhile, one look tells both.
    fix(&world, &good);
    let message = status(&world);
    assert_eq!((&message["config_problem"], &message["profiles"][0]["name"]), (&Value::Null, &"prod".into()));
}

#[test]
fn doctor_tells_every_line_of_the_machine_and_the_config_once_as_the_one_fault() {
    let (world, good) = world();
    for arguments in [&[][..], &["-p", "prod"]] {
        let report = doctor(&world, arguments);
        for check in ["socket", "daemon", "version", "lock", "protections", "state"] {
            report.ok(None, check);
        }
        report.failed(None, "config", "config_broken", "fix the file");
        report.ends(78, &["config"]);
    }
    let text = world.helper(&["doctor"]);
    assert_eq!(text.stdout.lines().filter(|line| line.starts_with("FAIL  config ")).count(), 1, "{text:?}");
    // A variable that chooses a profile is no fault of its own while nobody can say which there are.
    let call = world.call(&["doctor", "--json"]).env("CP_TOKEN_PROFILE", "prod");
    Report::of(call.run()).ends(78, &["config"]);
    fix(&world, &good);
    doctor(&world, &[]).ok(None, "config");
}

#[test]
fn a_daemon_without_a_profile_says_of_no_secret_that_it_is_locked() {
    let world = World::new();
    world.helper(&["daemon", "start"]).succeeded();
    let locked = |message: &Value| {
        let all = message["protections"].as_array().expect("a list");
        let it = all.iter().find(|one| one["name"] == "secrets locked in memory").expect("it is told");
        it["detail"].as_str().expect("text").to_owned()
    };
    assert!(locked(&status(&world)).starts_with("0 of 0"));
    world.create_profile("prod", "memory");
    assert!(
        locked(&status(&world)).starts_with("3 of 3"),
        "a secret, its token, and the key of fingerprints"
    );
}
