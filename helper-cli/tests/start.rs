//! Owns the promises about starting a daemon: one at a time, from beside the helper, cut off from the caller, and
//! with a clear word where it does not work. The daemon here is a script that leaves traces.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Stdio;

use support::daemon::issuing_tokens;
use support::unix::{end_process, make_fifo, mode};
use support::{Run, TOKEN, TestDir, run, run_with_input};

/// Variables that a daemon is given; a shell adds three of its own.
const ALLOWED: &str = "HOME USER LOGNAME PATH LANG LC_ALL LC_CTYPE TZ PWD SHLVL _ \
     XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME DBUS_SESSION_BUS_ADDRESS \
     CREDENTIALS_DIRECTORY GNUPGHOME PASSWORD_STORE_DIR DISPLAY WAYLAND_DISPLAY XAUTHORITY \
     CP_TOKEN_SOCKET CP_TOKEN_CONFIG_DIR CP_TOKEN_STATE_DIR CP_TOKEN_LOG";

/// A script that notes its start and is ready once the test has made a daemon listen for it.
fn becoming_ready(place: &TestDir) -> String {
    make_fifo(&place.path("go"));
    format!("cd '{}' && echo started >>starts && cat go && cd / && echo ready", place.path("").display())
}

/// Waits for the script's start, then listens in its place.
fn listen_when_started(place: &TestDir) {
    let go = std::fs::File::options().write(true).open(place.path("go")).unwrap();
    issuing_tokens(place);
    drop(go);
}

#[test]
fn b01_fifty_callers_at_once_start_exactly_one_daemon_and_all_are_served() {
    let place = TestDir::new();
    let helper = place.helper_beside(&becoming_ready(&place));
    let helpers: Vec<_> = (0..50)
        .map(|_| {
            let mut command = place.command(&helper, &[]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    listen_when_started(&place);
    for helper in helpers {
        Run::from(helper.wait_with_output().unwrap()).succeeds_with(&format!("{TOKEN}\n"));
    }
    assert_eq!(place.read("starts"), "started\n");
}

#[test]
fn no_daemon_is_started_where_none_may_be() {
    let place = TestDir::new();
    let helper = place.helper_beside(&format!("touch '{}'", place.path("started").display()));
    run(&mut place.command(&helper, &["--no-start"]))
        .fails_with(69, &["no daemon runs", "cp-token daemon start"]);
    for arguments in [&["status"][..], &["daemon", "reload"]] {
        run(&mut place.command(&helper, arguments)).fails_with(69, &["no daemon runs"]);
    }
    run(&mut place.command(&helper, &["daemon", "stop"])).succeeds_with("no daemon ran\n");
    run(&mut place.command(&helper, &["forget", "--all"]))
        .succeeds_with("no daemon runs, so there is no token to forget\n");
    assert!(!place.path("started").exists());
}

#[test]
fn b18_a_daemon_that_crashes_at_every_start_is_started_three_times_and_no_more() {
    let place = TestDir::new();
    let helper = place.helper_beside(&format!("echo started >>'{}'; exit 1", place.path("starts").display()));
    let log = place.path("state/daemon.log").display().to_string();
    for _ in 0..3 {
        run(&mut place.command(&helper, &[])).fails_with(69, &["ended before it was ready", &log]);
    }
    for _ in 0..5 {
        run(&mut place.command(&helper, &[])).fails_with(69, &["failed to start 3 times", "wait 10 s"]);
    }
    assert_eq!(place.read("starts").lines().count(), 3);
}

#[test]
fn what_a_daemon_says_of_its_failure_is_what_the_caller_reads() {
    let place = TestDir::new();
    let helper =
        place.helper_beside(r"printf 'failed 250 config.toml is broken at line 3\tfix it\n'; sleep 1");
    run(&mut place.command(&helper, &[])).fails_with(78, &["config.toml is broken at line 3; fix it"]);
    let babbling = place.helper_beside("echo hello; echo ready");
    run(&mut place.command(&babbling, &[])).fails_with(69, &["ended before it was ready"]);
    let lying = place.helper_beside("echo ready");
    run(&mut place.command(&lying, &[])).fails_with(69, &["does not listen"]);
}

#[test]
fn a_start_that_takes_too_long_is_given_up_on_and_so_is_waiting_for_one() {
    let place = TestDir::new();
    let helper = place.helper_beside(&becoming_ready(&place));
    let late = || run(&mut place.command(&helper, &["--timeout", "500ms"]));
    let outcome =
        std::thread::scope(|scope| [scope.spawn(late), scope.spawn(late)].map(|each| each.join().unwrap()));
    // Whoever waited for the lock may have got it at the last moment, and started one more.
    for outcome in outcome {
        outcome.fails_with(75, &["no answer within 500ms"]);
    }
    release(&place);
}

/// Lets every script that still waits come to its end, and every one that has yet to look. Opened for both
/// directions, a pipe lets waiting readers in without itself waiting for one.
fn release(place: &TestDir) {
    let pipe = std::fs::File::options().read(true).write(true).open(place.path("go")).unwrap();
    std::fs::write(place.path("gone"), "").unwrap();
    std::fs::rename(place.path("gone"), place.path("go")).unwrap();
    drop(pipe);
}

#[test]
fn b08_nothing_of_the_callers_environment_reaches_the_daemon_but_what_it_needs() {
    let place = TestDir::new();
    let helper = place.helper_beside(&format!("env >'{}'", place.path("variables").display()));
    let mut command = place.command(&helper, &[]);
    for hostile in [
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "SSLKEYLOGFILE",
        "RUST_LOG",
        "RUST_BACKTRACE",
        "LD_LIBRARY_PATH",
        "LD_DEBUG_OUTPUT",
        "BASH_ENV",
        "ENV",
        "IFS",
        "CP_TOKEN_PROFILE",
        "CP_TOKEN_ASKPASS",
        "CP_TOKEN",
        "TMPDIR",
        "LISTEN_FDS",
        "LISTEN_PID",
        "NOTIFY_SOCKET",
        "MALLOC_TRACE",
    ] {
        command.env(hostile, "1");
    }
    command.env_remove("CP_TOKEN_PROFILE").env("LANG", "C.UTF-8").env("CP_TOKEN_LOG", "debug");
    run(&mut command).fails_with(69, &["ended before it was ready"]);
    let variables = place.read("variables");
    let names: Vec<&str> = variables.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let strange: Vec<_> = names.iter().filter(|name| !ALLOWED.split(' ').any(|one| one == **name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    for needed in ["HOME", "PATH", "LANG", "CP_TOKEN_LOG", "CP_TOKEN_SOCKET", "CP_TOKEN_STATE_DIR"] {
        assert!(names.contains(&needed), "{needed} is missing");
    }
}

#[test]
fn b09_b10_the_daemon_has_no_descriptor_session_or_folder_of_the_caller() {
    let place = TestDir::new();
    let here = place.path("").display().to_string();
    let helper = place.helper_beside(&format!(
        "readlink /proc/$$/cwd >'{here}folder'; cd '{here}'; readlink /proc/$$/fd/* >descriptors; \
         cut -d' ' -f6 /proc/$$/stat >session; echo $$ >process"
    ));
    let leak = format!("exec 7>'{here}marker' 8<'{here}marker' 9>&7; exec \"$0\"");
    let mut command = place.command("/bin/sh".as_ref(), &["-c", &leak]);
    run(command.arg(&helper)).fails_with(69, &["ended before it was ready"]);
    let descriptors = place.read("descriptors");
    assert!(!descriptors.contains("marker") && !descriptors.contains("start.lock"), "{descriptors}");
    assert!(descriptors.contains("/dev/null"), "{descriptors}");
    assert_eq!(place.read("session"), place.read("process"));
    assert_eq!(place.read("folder"), "/\n");
    // The control: the same script run by the same shell does have them.
    let mut command = place.command("/bin/sh".as_ref(), &["-c", &leak]);
    run(command.arg(place.path("bin/cp-tokend")));
    assert!(place.read("descriptors").contains("marker"));
    assert_ne!(place.read("session"), place.read("process"));
}

#[test]
fn b09_a_caller_that_reads_to_the_end_is_not_kept_waiting_by_the_daemon() {
    let place = TestDir::new();
    let script = becoming_ready(&place);
    let process = place.path("process").display().to_string();
    let helper = place.helper_beside(&format!("{script} && echo $$ >'{process}'; exec sleep 600 >/dev/null"));
    let mut command = place.command(&helper, &[]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    listen_when_started(&place);
    Run::from(child.wait_with_output().unwrap()).succeeds_with(&format!("{TOKEN}\n"));
    let number = std::iter::repeat_with(|| place.read("process")).find_map(|text| text.trim().parse().ok());
    end_process(number.unwrap());
}

#[test]
fn b07_the_daemon_is_never_looked_for_elsewhere() {
    let place = TestDir::new();
    let helper = place.helper_beside("true");
    let trap = place.path("trap");
    support::unix::make_private(&trap);
    let mark = place.path("mark").display().to_string();
    support::unix::write_program(&trap.join("cp-tokend"), &format!("#!/bin/sh\ntouch '{mark}'\n"));
    std::fs::remove_file(place.path("bin/cp-tokend")).unwrap();
    let mut command = place.command(&helper, &[]);
    command.env("PATH", &trap).current_dir(&trap);
    run(&mut command).fails_with(69, &["bin/cp-tokend cannot be run", "install cp-tokend beside cp-token"]);
    assert!(!Path::new(&mark).exists());
}

#[test]
fn b22_a_helper_that_was_replaced_while_it_ran_starts_nothing() {
    let place = TestDir::new();
    let helper = place.helper_beside(&format!("touch '{}'", place.path("mark").display()));
    let mut command = place.command(&helper, &["--rejected"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::fs::remove_file(&helper).unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), TOKEN.as_bytes()).unwrap();
    Run::from(child.wait_with_output().unwrap()).fails_with(69, &["replaced", "run it again"]);
    assert!(!place.path("mark").exists());
}

#[test]
fn b15_without_a_runtime_folder_the_state_folder_is_the_place_and_is_made_private() {
    let place = TestDir::new();
    let helper = place.helper_beside("exit 1");
    let mut command = place.command(&helper, &[]);
    command.env_remove("CP_TOKEN_SOCKET").env_remove("CP_TOKEN_STATE_DIR").env("TMPDIR", place.path("tmp"));
    run(&mut command).fails_with(69, &[".local/state/cp-token/daemon.log"]);
    for folder in [".local", ".local/state", ".local/state/cp-token", ".local/state/cp-token/run"] {
        assert_eq!(mode(&place.path(folder)), 0o700, "{folder}");
    }
    assert_eq!(mode(&place.path(".local/state/cp-token/run/start.lock")), 0o600);
    assert!(!place.path("tmp").exists());
}

#[test]
fn b16_a_runtime_folder_that_is_missing_is_not_made() {
    let place = TestDir::new();
    let helper = place.helper_beside("exit 1");
    let mut command = place.command(&helper, &[]);
    command.env_remove("CP_TOKEN_SOCKET").env("XDG_RUNTIME_DIR", "/nonexistent/run");
    let outcome = run(&mut command);
    outcome.fails_with(69, &["/nonexistent/run/cp-token does not exist"]);
    assert!(!Path::new("/nonexistent").exists());
}

#[test]
fn a_place_of_the_callers_own_choice_is_not_made_but_named() {
    let place = TestDir::new();
    let helper = place.helper_beside("exit 1");
    let mut command = place.command(&helper, &[]);
    command.env("CP_TOKEN_SOCKET", place.path("elsewhere/daemon.sock"));
    run(&mut command).fails_with(69, &["elsewhere does not exist", "mkdir -m 700"]);
    assert!(!place.path("elsewhere").exists());
}

#[test]
fn a_start_lock_that_is_a_link_or_a_pipe_is_refused_and_does_not_hang() {
    let place = TestDir::new();
    let helper = place.helper_beside("exit 1");
    std::os::unix::fs::symlink(place.path("victim"), place.path("meet/start.lock")).unwrap();
    run(&mut place.command(&helper, &[])).fails_with(69, &["start.lock cannot be used"]);
    assert!(!place.path("victim").exists());
    std::fs::remove_file(place.path("meet/start.lock")).unwrap();
    make_fifo(&place.path("meet/start.lock"));
    run_with_input(&mut place.command(&helper, &[]), b"").fails_with(69, &["start.lock cannot be used"]);
}

#[test]
fn k03_without_a_home_and_without_an_account_there_is_nowhere_to_meet() {
    if !support::unix::is_root() {
        return support::skipped("only root can become a user without an account");
    }
    let ids = ["--reuid", "54321", "--regid", "54321", "--clear-groups"];
    let place = TestDir::new();
    let helper = place.helper_beside("true");
    for folder in ["", "bin"] {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(place.path(folder), open).unwrap();
    }
    let mut command = place.command("setpriv".as_ref(), &ids);
    command.arg(helper).env_remove("HOME").env_remove("CP_TOKEN_SOCKET").env_remove("CP_TOKEN_STATE_DIR");
    run(&mut command).fails_with(78, &["no home folder", "set HOME"]);
}
