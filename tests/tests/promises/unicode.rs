//! Promises about letters that are not ASCII, and about what nobody can see: both in paths, in text, in JSON and in
//! commands to be pasted.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use cp_token_tests::world::{Call, Launch, World};

const LETTERS: &str = "jörg Zoe\u{308} 設定…";
const EVIL: &str = "a\u{1b}[31m\u{9b}1m\u{202e}\u{200b}b";

fn private(folder: PathBuf) -> PathBuf {
    std::fs::DirBuilder::new().mode(0o700).recursive(true).create(&folder).expect("make a folder");
    folder
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("its mode").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("set its mode");
}

/// What a daemon that has its config there says of the file: for people, and for programs.
fn config_as_told(world: &World) -> (String, String) {
    let text = world.helper(&["status"]);
    let json = world.helper(&["status", "--json"]);
    assert_eq!((text.code, json.code), (0, 0), "{text:?} {json:?}");
    for character in (text.stdout.clone() + &json.stdout).chars().filter(|it| *it != '\n') {
        let is_evil = character.is_control() || "\u{202e}\u{200b}".contains(character);
        assert!(!is_evil, "{character:?} in {text:?} {json:?}");
    }
    let report: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    (text.stdout, report["config_file"].as_str().expect("the file").to_owned())
}

/// The findings that lead from a shell's folder to another one.
fn noted(call: Call) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&call.run().stdout).expect("JSON");
    let checks = report["checks"].as_array().expect("checks").iter();
    let found = checks.filter_map(|check| check["message"].as_str().map(str::to_owned));
    found.filter(|words| words.contains("leads to")).collect()
}

#[test]
fn letters_are_shown_as_they_are_and_what_nobody_sees_is_not_and_json_has_the_very_path() {
    for (name, shown) in [(LETTERS, LETTERS), (EVIL, "a?[31m?1m??b")] {
        let world = World::new();
        let folder = private(world.path(name).join("cp-token"));
        let launch = Launch::default().env("CP_TOKEN_CONFIG_DIR", &folder);
        let _daemon = world.launch(launch);
        let (text, json) = config_as_told(&world);
        assert!(text.contains(&format!("{shown}/cp-token/config.toml")), "{text}");
        assert_eq!(Path::new(&json), folder.join("config.toml"));
    }
}

#[test]
fn doctor_compares_the_paths_themselves_and_not_how_they_are_shown() {
    for name in [OsStr::new(LETTERS), EVIL.as_ref(), OsStr::from_bytes(b"no text \xff")] {
        let world = World::new();
        let folder = private(world.path(name).join("cp-token"));
        let _daemon = world.launch(Launch::default().env("CP_TOKEN_CONFIG_DIR", &folder));
        let doctor = |variable, value: &Path| {
            world.call(&["doctor", "--json"]).without_env("CP_TOKEN_CONFIG_DIR").env(variable, value)
        };
        assert_eq!(noted(doctor("CP_TOKEN_CONFIG_DIR", &folder)), [""; 0]);
        assert_eq!(noted(doctor("XDG_CONFIG_HOME", &world.path(name))), [""; 0]);
        // Another folder, which is shown in the same way.
        let other = world.path("a\u{1b}[31m\u{9b}1m\u{202e}\u{200c}b/cp-token");
        assert_eq!(noted(doctor("CP_TOKEN_CONFIG_DIR", &other)).len(), 1);
    }
}

/// Creates a profile whose secret lies in that file, which others may read.
fn with_open_file(world: &World, file: &Path) -> Call {
    std::fs::write(file, world.new_secret()).expect("write the secret");
    set_mode(file, 0o644);
    let url = world.server().url();
    let line = ["profile", "create", "prod", "--no-verify", "--url", &url, "--client-id", "key-1"];
    let ca = world.ca_file();
    world.call(&line).args([
        "--ca-bundle".as_ref(),
        ca.as_os_str(),
        "--secret-file".as_ref(),
        file.as_os_str(),
    ])
}

#[test]
fn a_command_to_be_pasted_mends_the_file_it_names_and_no_other() {
    let world = World::new();
    for name in ["dir-ü", "my files", "it's", "$(id)", "a*b", LETTERS] {
        let file = private(world.path("bin").join(name)).join("sec");
        let outcome = with_open_file(&world, &file).args(["--error-format", "json"]).run().failed(69);
        let outcome: serde_json::Value = serde_json::from_str(&outcome.stderr).expect("JSON");
        let (_, command) = outcome["hint"].as_str().expect("a hint").split_once(": ").expect("a command");
        assert!(command.starts_with("chmod 600 "), "{command}");
        let others: Vec<_> =
            ["dir-a", "a.b"].map(|name| private(world.path("bin").join(name)).join("sec")).into();
        for other in &others {
            std::fs::write(other, "").expect("write another");
            set_mode(other, 0o644);
        }
        assert_eq!(world.shell(command).code, 0, "{command}");
        assert_eq!(mode(&file), 0o600, "{command}");
        assert!(others.iter().all(|other| mode(other) == 0o644), "{command}");
    }
}

#[test]
fn a_path_that_cannot_be_shown_exactly_is_in_no_command() {
    let world = World::new();
    for name in [EVIL, "two  spaces", "what??"] {
        let file = private(world.path("bin").join(name)).join("sec");
        let outcome = with_open_file(&world, &file).run().failed(69).saying("its mode is 0644");
        assert!(!outcome.stderr.contains("chmod"), "{outcome:?}");
    }
    let plain = private(world.path("bin/plain")).join("sec");
    let command = format!("chmod 600 {}", plain.display());
    with_open_file(&world, &plain).run().failed(69).saying(&command);
    world.stop_daemon();
    for (name, is_named) in [(&b"no text \xff"[..], false), (b"text", true)] {
        let folder = private(world.path(OsStr::from_bytes(name)));
        std::fs::write(folder.join("config.toml"), "").expect("write the file");
        set_mode(&folder.join("config.toml"), 0o666);
        let outcome = world.call(&[]).env("CP_TOKEN_CONFIG_DIR", &folder).run().failed(78);
        assert_eq!(outcome.stderr.contains("chmod"), is_named, "{outcome:?}");
        outcome.saying("its mode 0666 lets others in");
        world.helper(&["daemon", "stop"]).succeeded();
    }
}
