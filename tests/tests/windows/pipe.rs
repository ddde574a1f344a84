//! Promises about the pipe on Windows: whose it is, who may use it, and that nobody else's is spoken to.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};

use crate::stage::Stage;

/// The user's identifier, as the daemon shows it in the name of the pipe that it would use by itself.
fn own_identifier(stage: &Stage) -> String {
    let shown = stage.probe(&["sddl", &stage.pipe()]);
    let rest = shown.succeeded().strip_prefix("O:").expect("an owner");
    rest.split("D:").next().expect("an identifier").to_owned()
}

/// A program that has taken the name first, in the name of that owner.
fn squat(stage: &Stage, owner: &str) -> (Child, BufReader<ChildStdout>) {
    let grants = format!("O:{owner}D:(A;;GA;;;WD)");
    let (squatter, mut output) = stage.program("probe.exe", &["squat", &stage.pipe(), &grants]).listen();
    let mut said = String::new();
    output.read_line(&mut said).expect("a line");
    assert_eq!(said, "ready\r\n");
    (squatter, output)
}

fn rest(output: &mut impl Read) -> String {
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("what it says");
    rest
}

#[test]
fn l04_the_pipe_is_its_users_and_is_granted_to_nobody_else() {
    let Some(stage) = Stage::new() else { return };
    stage.helper(&["daemon", "start"]).succeeded();
    let owner = own_identifier(&stage);
    assert!(owner.starts_with("S-1-5-21-"), "{owner}");
    let shown = stage.probe(&["sddl", &stage.pipe()]);
    // L02: whoever comes over the network is denied, and first. L05: the owner is the user, whoever makes it.
    assert_eq!(shown.succeeded(), format!("O:{owner}D:P(D;;GA;;;NU)(A;;GA;;;{owner})\r\n"));
}

#[test]
fn l04_what_is_read_back_is_what_was_set_and_no_constant() {
    let Some(stage) = Stage::new() else { return };
    let (mut squatter, mut output) = squat(&stage, "BA");
    let shown = stage.probe(&["sddl", &stage.pipe()]);
    assert_eq!(shown.succeeded(), "O:BAD:(A;;GA;;;WD)\r\n");
    assert_eq!(rest(&mut output), "0 bytes\r\n");
    squatter.wait().expect("its end");
}

#[test]
fn l01_every_instance_of_the_pipe_has_the_same_grants() {
    let Some(stage) = Stage::new() else { return };
    stage.helper(&["daemon", "start"]).succeeded();
    let first = stage.probe(&["sddl", &stage.pipe()]);
    for _ in 0..3 {
        assert_eq!(stage.probe(&["sddl", &stage.pipe()]).succeeded(), first.succeeded());
    }
}

#[test]
fn l01_a_name_that_is_taken_first_is_not_listened_on() {
    let Some(stage) = Stage::new() else { return };
    let (mut squatter, mut output) = squat(&stage, "BA");
    let daemon = stage.program("cp-tokend.exe", &[]).run();
    assert_eq!(daemon.code, 69, "{daemon:?}");
    assert!(daemon.stderr.contains("another program has made the pipe"), "{daemon:?}");
    assert_eq!(stage.probe(&["sddl", &stage.pipe()]).code, 0);
    rest(&mut output);
    squatter.wait().expect("its end");
    // The control: without it the daemon starts.
    stage.helper(&["daemon", "start"]).succeeded();
}

#[test]
fn l01_nothing_is_sent_to_a_pipe_of_another_owner_and_something_to_one_of_our_own() {
    let Some(stage) = Stage::new() else { return };
    stage.helper(&["daemon", "start"]).succeeded();
    let owner = own_identifier(&stage);
    stage.helper(&["daemon", "stop", "--yes"]).succeeded();
    let (mut squatter, mut output) = squat(&stage, "BA");
    let refused = stage.helper(&[]);
    assert_eq!(refused.code, 76, "{refused:?}");
    assert!(refused.stderr.contains("nothing was sent"), "{refused:?}");
    assert_eq!(rest(&mut output), "0 bytes\r\n");
    squatter.wait().expect("its end");
    let (mut squatter, mut output) = squat(&stage, &owner);
    assert_ne!(stage.helper(&["--timeout", "5s"]).code, 0);
    assert_ne!(rest(&mut output), "0 bytes\r\n", "the control");
    squatter.wait().expect("its end");
}

#[test]
fn a_meeting_place_that_is_no_pipe_of_this_machine_is_refused() {
    let Some(stage) = Stage::new() else { return };
    for place in [r"C:\x\y", r"\\server\pipe\x", r"\\.\pipe\", r"\\.\pipe\a\b", r"\\.\pipe\..", "x"] {
        let outcome = stage.program("cp-token.exe", &["status"]).env("CP_TOKEN_SOCKET", place).run();
        assert_eq!(outcome.code, 78, "{place}: {outcome:?}");
    }
}
