//! Owns the promises about the standard streams: output that does not arrive is a failure, and nothing is ever
//! printed by half.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs::File;
use std::process::Stdio;

use support::daemon::issuing_tokens;
use support::{Run, TOKEN, TestDir, run};

const HELPER: &str = env!("CARGO_BIN_EXE_cp-token");

fn shell(place: &TestDir, script: &str) -> Run {
    run(&mut place.command("/bin/sh".as_ref(), &["-c", script, HELPER]))
}

#[test]
fn d12_a_full_disk_is_a_failure_in_every_format() {
    let place = TestDir::new();
    issuing_tokens(&place);
    for format in ["token", "header", "json", "env", "curl"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = place.helper(&["-f", format]);
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        Run::from(output).fails_with(74, &["could not be written: there is no space left"]);
    }
}

#[test]
fn d12_a_closed_standard_output_is_a_failure_before_anything_is_asked() {
    let place = TestDir::new();
    let asked = issuing_tokens(&place);
    shell(&place, "exec \"$0\" >&-").fails_with(74, &["standard output is closed"]);
    assert!(asked.count() == 0);
    let outcome = shell(&place, "exec \"$0\" -p prod --error-format json >&-");
    assert!(outcome.stderr.starts_with("{\"code\":\"output_failed\",\"exit\":74,"), "{}", outcome.stderr);
    shell(&place, "exec \"$0\" >/dev/null").succeeds_with("");
    assert_eq!(asked.count(), 1);
}

#[test]
fn d12_a_reader_that_has_gone_is_a_failure_and_no_signal() {
    let place = TestDir::new();
    issuing_tokens(&place);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = place.helper(&[]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    Run::from(output).fails_with(74, &["the reader is gone"]);
}

#[test]
fn other_output_than_tokens_is_checked_alike() {
    let place = TestDir::new();
    for arguments in [&["--help"][..], &["--version"], &["help", "get"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = place.helper(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        Run::from(output).fails_with(74, &["no space left"]);
    }
}

#[test]
fn a_reader_of_text_that_has_gone_ends_it_as_other_programs_end() {
    use std::os::unix::process::ExitStatusExt;
    let place = TestDir::new();
    for arguments in [&["--help"][..], &["completions", "zsh"], &["manual"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.helper(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.signal(), output.stderr.as_slice()), (Some(13), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn closed_input_and_error_streams_change_nothing_and_no_socket_takes_their_place() {
    let place = TestDir::new();
    issuing_tokens(&place);
    for closed in ["<&-", "2>&-", "<&- 2>&-"] {
        shell(&place, &format!("exec \"$0\" {closed}")).succeeds_with(&format!("{TOKEN}\n"));
    }
    let silent = shell(&place, "exec \"$0\" --nope 2>&-");
    assert_eq!((silent.exit, silent.stdout.as_str()), (Some(64), ""));
}

#[test]
fn an_output_that_does_not_block_and_is_full_is_waited_for() {
    let place = TestDir::new();
    issuing_tokens(&place);
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    let mut filled = 0;
    while let Ok(count) = std::io::Write::write(&mut writer, &[b'.'; 512]) {
        filled += count;
    }
    let child = place.helper(&[]).stdout(writer).spawn().unwrap();
    let mut all = String::new();
    std::io::Read::read_to_string(&mut reader, &mut all).unwrap();
    assert_eq!(all[filled..], format!("{TOKEN}\n"));
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn b14_a_helper_with_the_rights_of_its_file_refuses_to_run() {
    use std::os::unix::fs::PermissionsExt;
    if !support::unix::is_root() {
        return support::skipped("only root can give a program away");
    }
    let place = TestDir::new();
    issuing_tokens(&place);
    let helper = place.helper_beside("true");
    let as_somebody_else = |program: &std::path::Path| {
        let ids = ["--reuid", "1234", "--regid", "1234", "--clear-groups"];
        let mut command = place.command("setpriv".as_ref(), &ids);
        command.arg(program).arg("--no-start");
        run(&mut command)
    };
    for folder in [place.path("."), place.path("bin"), place.path("meet")] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).unwrap();
    }
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    as_somebody_else(&helper).fails_with(76, &["belongs to user 0"]);
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o4755)).unwrap();
    as_somebody_else(&helper).fails_with(69, &["rights of its file's owner"]);
}
