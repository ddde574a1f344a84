//! Promises about the daemon's life on Windows: one at a time, started detached, with nothing of its caller's.

use std::io::BufRead;

use crate::stage::Stage;

#[test]
fn a_second_daemon_is_refused_and_the_first_goes_on() {
    let Some(stage) = Stage::new() else { return };
    stage.helper(&["daemon", "start"]).succeeded();
    let first = stage.status()["pid"].clone();
    let second = stage.program("cp-tokend.exe", &[]).run();
    assert_eq!(second.code, 69, "{second:?}");
    assert!(second.stderr.contains("a daemon runs here already"), "{second:?}");
    assert_eq!(stage.status()["pid"], first);
}

#[test]
fn a_daemon_in_the_foreground_says_that_it_is_ready_and_ends_by_a_wish() {
    let Some(stage) = Stage::new() else { return };
    let (mut daemon, mut output) = stage.program("cp-tokend.exe", &[]).listen();
    let mut said = String::new();
    output.read_line(&mut said).expect("a line");
    assert_eq!(said, "ready\n");
    assert!(stage.helper(&["daemon", "stop", "--yes"]).succeeded().contains("is stopped"));
    assert_eq!(daemon.wait().expect("its end").code(), Some(0));
    assert!(stage.helper(&["daemon", "stop", "--yes"]).succeeded().contains("no daemon ran"));
}

#[test]
fn b05_a_daemon_that_the_helper_starts_holds_no_handle_of_its_caller() {
    let Some(stage) = Stage::new() else { return };
    let helper = stage.probe_path().replace("probe.exe", "cp-token.exe");
    let lent = stage.probe(&["lend", &format!("\"{helper}\" daemon start")]);
    assert!(lent.succeeded().ends_with("free\r\n"), "{lent:?}");
    assert!(stage.status()["pid"].is_number(), "it runs");
    // The control: a program that hands on what it was given is seen to.
    let control = stage.probe(&["lend", &format!("\"{}\" leave x", stage.probe_path())]);
    assert!(control.succeeded().contains("held"), "{control:?}");
}

#[test]
fn l07_the_daemon_is_the_one_beside_the_helper_and_none_of_the_current_folder() {
    let Some(stage) = Stage::new() else { return };
    let planted = stage.folder().join("cp-tokend.exe");
    std::fs::write(&planted, b"MZ no program").expect("plant a program");
    let started = stage.helper(&["daemon", "start"]);
    assert!(started.succeeded().contains("is ready"), "{started:?}");
    let found = stage.status()["protections"].as_array().cloned().expect("a list");
    let closed = found.iter().find(|entry| entry["name"] == "libraries from the system folder alone");
    assert_eq!(closed.map(|entry| entry["state"].clone()), Some("on".into()));
}

#[test]
fn the_daemon_tells_which_protections_hold_and_which_windows_lacks() {
    let Some(stage) = Stage::new() else { return };
    stage.helper(&["daemon", "start"]).succeeded();
    let found = stage.status()["protections"].as_array().cloned().expect("a list");
    let state = |word: &str| {
        let entry = found.iter().find(|entry| entry["name"].as_str().is_some_and(|name| name.contains(word)));
        entry.map(|entry| entry["state"].as_str().expect("a word").to_owned())
    };
    assert_eq!(state("pipe for this user alone").as_deref(), Some("on"));
    assert_eq!(state("secrets locked in memory").as_deref(), Some("on"));
    assert_eq!(state("no error report").as_deref(), Some("on"), "L06");
    assert_eq!(state("no tracing").as_deref(), Some("unsupported"));
}
