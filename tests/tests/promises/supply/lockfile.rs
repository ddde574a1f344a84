//! The promise that what is built is what Cargo.lock says, in every script and in every workflow.

use std::process::Command;

use cp_token_tests::programs;
use cp_token_tests::world::World;

use super::{clone, edit, files, read, tried};

/// Subcommands that resolve dependencies.
const RESOLVING: [&str; 9] =
    ["build", "check", "clippy", "doc", "fetch", "install", "metadata", "run", "test"];

/// The lines of a script or workflow that have cargo resolve dependencies without `--locked`.
fn unlocked(text: &str) -> Vec<&str> {
    let joined = |line: &&str| !line.trim_start().starts_with('#') && !line.contains("--locked");
    let resolves = |line: &&str| {
        RESOLVING.iter().any(|word| {
            let command = line.find("cargo ").or_else(|| line.find("\"$cargo\" "));
            command.is_some_and(|start| {
                let mut words =
                    line[start..].split_whitespace().skip(1).filter(|word| !word.starts_with(['+', '"']));
                words.next() == Some(word)
            })
        })
    };
    text.lines().filter(joined).filter(resolves).collect()
}

#[test]
fn m03_every_script_and_workflow_builds_what_the_lock_file_says() {
    assert_eq!(
        unlocked("x\n  cargo +1.2 build -p a\n# cargo build\ncargo test --locked\n"),
        ["  cargo +1.2 build -p a"]
    );
    let scripts = files().into_iter().filter(|file| {
        let in_place = [
            "packaging/",
            ".github/",
            ".ci/",
            "tests/run",
            "tests/check",
            "tests/benches/",
            "protocol/fuzz/replay",
        ];
        in_place.iter().any(|place| file.starts_with(place))
    });
    let mut seen = 0;
    for file in scripts {
        let text = read(&file);
        assert_eq!(unlocked(&text), [""; 0], "{file}");
        seen += text.matches("--locked").count();
    }
    assert!(seen > 10, "the scripts were looked at: {seen}");
}

#[test]
fn m03_a_lock_file_that_does_not_fit_stops_the_build() {
    if !programs::present(&["git"]) {
        return;
    }
    let world = World::new();
    let folder = clone(&world, "clone");
    let fetch = || tried(Command::new("cargo").current_dir(&folder).args(["fetch", "--locked", "--offline"]));
    let (fits, message) = fetch();
    assert!(fits, "{message}");
    edit(
        &folder.join("helper-cli/Cargo.toml"),
        "[dependencies]\n",
        "[dependencies]\nrcgen.workspace = true\n",
    );
    for mut build in [Command::new(folder.join("packaging/build")), {
        let mut fetch = Command::new("cargo");
        fetch.args(["build", "--locked", "--offline"]);
        fetch
    }] {
        build
            .current_dir(&folder)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", world.path("target"));
        let (built, message) = tried(&mut build);
        assert!(!built && message.contains("--locked"), "{message}");
    }
}
