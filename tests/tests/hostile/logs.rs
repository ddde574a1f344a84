//! What a flood of broken calls costs the daemon's log, and what a torn line costs the audit file.

use cp_token_tests::programs;
use cp_token_tests::world::{ASK_FOR_A_TOKEN, World, eventually, frame};

/// Two files that are broken at different places, so that each look finds another fault of the same kind.
const BROKEN: [&str; 2] = ["[profile.\n", "\n[profile.\n"];

/// A daemon that logs at this level and meets another broken config at each of so many calls.
fn flooded(level: &str, calls: usize) -> World {
    let world = World::new();
    let config = world.path("config/config.toml");
    std::fs::write(&config, BROKEN[1]).expect("break the config");
    world.call(&["daemon", "start"]).env("CP_TOKEN_LOG", level).run().succeeded();
    for text in BROKEN.iter().cycle().take(calls) {
        std::fs::write(&config, text).expect("break it elsewhere");
        let mut raw = world.raw();
        raw.send(&frame(&ASK_FOR_A_TOKEN));
        assert!(!raw.rest().is_empty(), "each is told");
    }
    eventually("the line comes", || lines(&world) > 0);
    world
}

/// How many lines of the newest log name the fault.
fn lines(world: &World) -> usize {
    let log = std::fs::read_to_string(world.path("state/daemon.log")).unwrap_or_default();
    log.matches("the config file is not used").count()
}

/// The bytes of all its logs, once nothing more is written.
fn log_size(world: &World) -> u64 {
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let files = std::fs::read_dir(world.path("state")).expect("look").flatten();
    let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("daemon.log"));
    logs.map(|file| file.metadata().expect("its size").len()).sum()
}

#[test]
fn a_flood_of_broken_calls_is_one_line_and_a_count() {
    let calls = if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { 1_000_000 } else { 5_000 };
    let world = flooded("info", calls);
    assert_eq!(lines(&world), 1);
    let bytes = log_size(&world);
    assert!(bytes < 4096, "{bytes}");
    programs::note(&format!("{calls} broken calls: {bytes} bytes of log"));
}

#[test]
fn where_every_line_was_asked_for_two_mebibytes_hold_them() {
    let calls = if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { 1_000_000 } else { 24_000 };
    let bytes = log_size(&flooded("debug", calls));
    assert!((1 << 20..=2 << 20).contains(&bytes), "{bytes}");
    programs::note(&format!("{calls} broken calls at the level debug: {bytes} bytes of log"));
}

#[test]
fn a_torn_line_of_the_audit_file_is_ended_before_the_next() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let file = world.path("home/audit.log");
    let config = format!("audit_file = {:?}\n", file.to_str().expect("UTF-8"));
    std::fs::write(world.path("config/config.toml"), config).expect("write the config");
    std::fs::write(&file, "{\"number\":1,\"ti").expect("half a line, as a full disk leaves it");
    crate::stage::chmod(&file, 0o600);
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    let lines = || -> Vec<String> {
        std::fs::read_to_string(&file).expect("the file").lines().map(str::to_owned).collect()
    };
    eventually("the entries come", || lines().len() >= 3);
    assert_eq!(lines()[0], "{\"number\":1,\"ti");
    for line in &lines()[1..] {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}
