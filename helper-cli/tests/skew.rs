//! Owns the promise that a helper gets rid of a daemon whose version it does not speak, and of nothing else.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Read;
use std::process::{Command, Stdio};

use cp_token_protocol::{VersionRange, encode_version_range};
use support::daemon::{saying, serving};
use support::unix::{copy_program, make_fifo, make_private};
use support::{TestDir, run};

const SOCKET: &str = "CPT_TEST_OLD_DAEMON";

fn old_range() -> [u8; 16] {
    encode_version_range(VersionRange { lowest: 0, highest: 0 })
}

/// Run as a program of its own this is the daemon of the next test; run as a test it has nothing to do.
#[test]
fn a_daemon_of_another_version() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    drop(std::fs::File::options().write(true).open("ready").unwrap());
    for mut stream in listener.incoming().flatten() {
        let _ = stream.read(&mut [0; 1024]);
        let _ = std::io::Write::write_all(&mut stream, &old_range());
    }
}

#[test]
fn b21_a_daemon_of_another_version_is_ended_by_stop() {
    let place = TestDir::new();
    make_private(&place.path("bin"));
    let program = place.path("bin/cp-tokend");
    copy_program(&std::env::current_exe().unwrap(), &program);
    make_fifo(&place.path("ready"));
    let mut daemon = Command::new(program);
    daemon.args(["--exact", "a_daemon_of_another_version"]).env(SOCKET, place.socket());
    let mut daemon = daemon.current_dir(place.path("")).stdout(Stdio::null()).spawn().unwrap();
    std::fs::read(place.path("ready")).unwrap();
    run(&mut place.helper(&[])).fails_with(76, &["the running daemon is older"]);
    run(&mut place.helper(&["daemon", "stop"])).succeeds_with("cp-tokend is stopped\n");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&daemon.wait().unwrap()), Some(libc::SIGTERM));
}

#[test]
fn a_process_of_another_name_is_never_ended() {
    let place = TestDir::new();
    saying(&place, &old_range());
    let own = std::process::id().to_string();
    run(&mut place.helper(&["daemon", "stop"])).fails_with(76, &["another version", &own, "end it yourself"]);
    let other = TestDir::new();
    serving(&other, |_| {});
    run(&mut other.helper(&["daemon", "stop"])).succeeds_with("cp-tokend is stopped\n");
}
