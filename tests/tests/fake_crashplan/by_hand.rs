//! Promises about the stand-alone binary. The server behind it is verified elsewhere.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_fake-crashplan");

#[test]
fn the_binary_announces_itself_shows_its_counts_and_ends_with_its_input() {
    let ca = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("by-hand-{}.pem", std::process::id()));
    let mut server = Command::new(BINARY)
        .args(["--life", "0.5", "--client", "key-1:se:cret", "--ca-out"])
        .arg(&ca)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the server");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("read its line");
    let url = line.strip_prefix("listening ").expect("an announcement").trim_end().to_owned();
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl")
            .args(["-q", "-s", "--noproxy", "*", "--cacert"])
            .arg(&ca)
            .args(arguments)
            .output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let token = format!("{url}/api/v3/oauth/token?grant_type=client_credentials");
    if let Ok(reply) = curl(&["-X", "POST", "-u", "key-1:se:cret", &token]) {
        assert!(reply.contains(r#""expires_in":0"#), "{reply}");
        let page = curl(&[&format!("{url}/_ledger")]).expect("run curl");
        assert_eq!(page, r#"{"api_requests":0,"refused_bearers":0,"token_requests":1}"#);
    }
    drop(server.stdin.take());
    assert!(server.wait().expect("the server ends").success());
    std::fs::remove_file(ca).expect("remove the certificate");
}

#[test]
fn the_binary_explains_its_arguments_when_they_are_wrong() {
    for arguments in [&["--port"][..], &["--client", "no-colon", "--ca-out", "x"], &["--nonsense", "1"], &[]]
    {
        let output = Command::new(BINARY).args(arguments).stdin(Stdio::null()).output().expect("run it");
        assert_eq!(output.status.code(), Some(64));
        assert!(output.stdout.is_empty() && output.stderr.starts_with(b"usage: fake-crashplan"));
    }
}
