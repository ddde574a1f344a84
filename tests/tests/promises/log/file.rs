//! Promises of the audit file: every entry of the log, in its form, beyond the daemon's life; private and bounded.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cp_token_tests::world::World;
use serde_json::Value;

use super::entries;

/// A world whose config asks for an audit file there, with one profile.
fn world() -> (World, PathBuf) {
    let world = World::new();
    world.create_profile("prod", "memory");
    let file = world.path("kept").join("audit.jsonl");
    std::fs::create_dir(world.path("kept")).expect("a folder");
    ask_for(&world, &file);
    (world, file)
}

fn ask_for(world: &World, file: &Path) {
    let config = world.config_folder().join("config.toml");
    let text = std::fs::read_to_string(&config).expect("the config");
    std::fs::write(&config, format!("audit_file = \"{}\"\n{text}", file.display()))
        .expect("write the config");
    world.helper(&["daemon", "reload"]).succeeded();
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("an audit file");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// What doctor says of the file.
fn looked_at(world: &World) -> Value {
    let outcome = world.helper(&["doctor", "--json"]).stdout;
    let report: Value = serde_json::from_str(&outcome).expect("a report, well or not");
    let checks = report["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["check"] == "audit").cloned().unwrap_or(Value::Null)
}

#[test]
fn every_entry_is_in_the_file_as_the_log_tells_it_and_outlives_the_daemon() {
    let (world, file) = world();
    world.helper(&[]).token();
    world.helper(&["-p", "test"]).failed(64);
    world.helper(&["--fresh"]).token();
    let outcome = entries(&world);
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let kept = lines(&file);
    let (last, before) = kept.split_last().expect("entries");
    assert_eq!(before, &outcome[outcome.len() - before.len()..]);
    assert_eq!((&before[0]["operation"], before.len()), (&Value::from("reload"), 5));
    assert_eq!((&last["operation"], &last["outcome"]), (&"stop".into(), &"done".into()));
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o7777, 0o600);
    // The next daemon goes on in the same file.
    world.helper(&[]).failed(69);
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let all = lines(&file);
    assert!(all.starts_with(&kept));
    let later: Vec<_> = all[kept.len()..].iter().map(|line| line["operation"].clone()).collect();
    assert_eq!(later, ["token-request", "get", "stop"]);
}

#[test]
fn what_is_taken_out_of_the_config_is_written_no_more() {
    let (world, file) = world();
    world.helper(&[]).token();
    let config = world.config_folder().join("config.toml");
    let text = std::fs::read_to_string(&config).expect("the config");
    std::fs::write(&config, text.lines().skip(1).collect::<Vec<_>>().join("\n")).expect("write the config");
    world.helper(&["daemon", "reload"]).succeeded();
    assert_eq!(looked_at(&world), Value::Null);
    world.helper(&[]).token();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let deeds: Vec<_> = lines(&file).iter().map(|line| line["operation"].clone()).collect();
    assert_eq!(deeds, ["reload", "get"]);
}

#[test]
fn a_full_file_becomes_the_older_one_and_a_moved_one_is_made_anew() {
    let (world, file) = world();
    world.helper(&[]).token();
    assert_eq!(looked_at(&world)["severity"], "ok");
    let full = std::fs::OpenOptions::new().append(true).open(&file).expect("the file");
    full.set_len(4 << 20).expect("fill it");
    world.helper(&[]).token();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let older = file.with_file_name("audit.jsonl.1");
    assert_eq!(std::fs::metadata(&older).expect("the older file").len(), 4 << 20);
    assert!(!lines(&file).is_empty());
    std::fs::rename(&file, world.path("kept").join("moved")).expect("move it");
    world.helper(&[]).failed(69);
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    assert_eq!(lines(&file).len(), 3);
}

#[test]
fn a_file_that_others_could_have_written_is_not_used_and_nobody_is_held_up() {
    let (world, file) = world();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let look = |words: &str| {
        world.helper(&["daemon", "start"]).succeeded();
        let check = looked_at(&world);
        assert_eq!(
            (&check["severity"], &check["code"]),
            (&"error".into(), &"write_failed".into()),
            "{check}"
        );
        assert!(check["message"].as_str().is_some_and(|found| found.contains(words)), "{words}: {check}");
        world.helper(&["daemon", "stop", "--yes"]).succeeded();
        std::fs::remove_file(&file).expect("it goes");
    };
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o622)).expect("its mode");
    look("lets others in");
    std::os::unix::fs::symlink("/dev/null", &file).expect("a link");
    look("not a plain file");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
    look("not a plain file");
    let folder = file.parent().expect("a folder");
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o777)).expect("its mode");
    std::fs::write(&file, "").expect("a file");
    look("others may write");
}

#[test]
fn a_file_that_others_may_read_is_of_this_user_alone_from_the_next_write_on() {
    let (world, file) = world();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let config = world.config_folder().join("config.toml");
    let mode = || std::fs::metadata(&file).expect("the file").permissions().mode() & 0o7777;
    for readable in [0o644, 0o640, 0o604] {
        std::fs::set_permissions(&file, PermissionsExt::from_mode(readable)).expect("its mode");
        let before = lines(&file).len();
        world.helper(&["daemon", "start"]).succeeded();
        world.helper(&["daemon", "stop", "--yes"]).succeeded();
        assert_eq!((mode(), lines(&file).len() > before), (0o600, true), "{readable:o}");
    }
    let kept = std::fs::metadata(&config).expect("the config").permissions().mode() & 0o7777;
    std::fs::set_permissions(&config, PermissionsExt::from_mode(0o644)).expect("its mode");
    world.helper(&["daemon", "start"]).succeeded();
    let now = std::fs::metadata(&config).expect("the config").permissions().mode() & 0o7777;
    assert_eq!((kept, now), (0o600, 0o644), "the control: what is only read keeps its mode");
}

#[test]
fn a_path_that_depends_on_where_one_stands_is_refused_with_its_line() {
    let (world, _) = world();
    let config = world.config_folder().join("config.toml");
    let text = std::fs::read_to_string(&config).expect("the config");
    let rest = text.lines().skip(1).collect::<Vec<_>>().join("\n");
    std::fs::write(&config, format!("audit_file = \"log\"\n{rest}")).expect("write the config");
    world
        .helper(&["daemon", "reload"])
        .failed(78)
        .saying("line 1")
        .saying("audit_file must be an absolute path");
    world.helper(&[]).token();
}

#[test]
fn an_audit_file_that_is_a_file_of_our_own_is_refused_by_whatever_name() {
    let (world, _) = world();
    let (config, state) = (world.config_folder(), world.state_folder());
    std::os::unix::fs::symlink(&state, world.path("link")).expect("a link");
    std::fs::hard_link(state.join("state.json"), world.path("hard")).expect("a link");
    let text = std::fs::read_to_string(config.join("config.toml")).expect("the config");
    let rest = text.lines().skip(1).collect::<Vec<_>>().join("\n");
    let own = [
        config.join("config.toml"),
        config.join("../config/./config.toml"),
        state.join("state.json"),
        state.join("codes.json"),
        state.join("daemon.log"),
        state.join("config.lock"),
        world.socket().with_file_name("daemon.lock"),
        world.path("link/state.json"),
        world.path("hard"),
        state.join("daemon.log.1"),
        world.socket().with_file_name("start.lock"),
        world.path("secret"),
    ];
    std::fs::write(state.join("daemon.log.1"), "").expect("an older log");
    std::fs::write(world.path("secret"), "not-a-secret").expect("a secret");
    let other = "[profile.other]\nclient_id = \"key-1\"\nurl = \"https://example.com\"\nsecret_file";
    let rest = format!("{rest}\n{other} = \"{}\"\n", world.path("secret").display());
    for file in own {
        let text = format!("audit_file = \"{}\"\n{rest}", file.display());
        std::fs::write(config.join("config.toml"), &text).expect("write the config");
        let refused = world.helper(&["daemon", "reload"]).failed(78);
        refused.saying("audit_file names a file that cp-token uses for something else");
        world.helper(&[]).token();
        assert_eq!(std::fs::read_to_string(config.join("config.toml")).expect("the config"), text);
    }
    std::fs::write(config.join("config.toml"), rest).expect("write the config");
    ask_for(&world, &state.join("audit.jsonl"));
}

#[test]
fn doctor_says_in_plain_words_that_the_audit_file_is_a_folder_or_has_none() {
    let (world, _) = world();
    for (file, words) in [("kept", "it is a folder, not a file"), ("none/audit", "its folder does not exist")]
    {
        let config = world.config_folder().join("config.toml");
        let text = std::fs::read_to_string(&config).expect("the config");
        let rest = text.lines().skip(1).collect::<Vec<_>>().join("\n");
        std::fs::write(&config, rest).expect("write the config");
        ask_for(&world, &world.path(file));
        let found = looked_at(&world);
        let message = found["message"].as_str().expect("a message");
        assert!(message.contains(words) && !message.contains("os error"), "{message}");
        assert_eq!(found["severity"], "error");
    }
}

#[test]
fn a_hand_over_leaves_no_gap_in_the_file() {
    let (world, file) = world();
    world.helper(&[]).token();
    world.helper(&["daemon", "restart"]).succeeded();
    world.helper(&[]).token();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let mut kept = lines(&file);
    // Two daemons write, each in its order.
    kept.sort_by_key(|line| line["number"].as_u64());
    let deeds: Vec<_> = kept.iter().map(|line| line["operation"].clone()).collect();
    assert_eq!(deeds, ["reload", "get", "restart", "get", "stop"]);
    let first = kept[0]["number"].as_u64().expect("a number");
    let numbers: Vec<_> = kept.iter().filter_map(|line| line["number"].as_u64()).collect();
    assert_eq!(numbers, (first..first + 5).collect::<Vec<_>>());
}
