//! What a flood of broken calls costs the daemon's log, and what a torn line costs the audit file.

use cp_token_tests::programs;
use cp_token_tests::world::{ASK_FOR_A_TOKEN, World, frame};

use crate::stage::eventually;

#[test]
fn a_flood_of_broken_calls_is_one_line_and_a_count_and_two_mebibytes_hold_it() {
    if !programs::is_root() {
        return;
    }
    let calls = if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { 1_000_000 } else { 5_000 };
    let world = World::new();
    std::fs::write(world.path("config/config.toml"), "[profile.\n").expect("break the config");
    world.call(&["daemon", "start"]).env("CP_TOKEN_LOG", "info").run().succeeded();
    for _ in 0..calls {
        let mut raw = world.raw();
        raw.send(&frame(&ASK_FOR_A_TOKEN));
        assert!(!raw.rest().is_empty(), "each is told");
    }
    let log = || std::fs::read_to_string(world.path("state/daemon.log")).unwrap_or_default();
    eventually("the line comes", || log().contains("the config file is not used"));
    assert_eq!(log().matches("the config file is not used").count(), 1, "{}", log());
    let files = std::fs::read_dir(world.path("state")).expect("look").flatten();
    let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("daemon.log"));
    let bytes: u64 = logs.map(|file| file.metadata().expect("its size").len()).sum();
    assert!(bytes <= 2 << 20, "{bytes}");
    programs::note(&format!("{calls} broken calls: {bytes} bytes of log"));
    world.helper(&["daemon", "stop"]).succeeded();
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
