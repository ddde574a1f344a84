//! Owns the promises about a person at a terminal: a secret is asked for and not shown, a deletion is asked about.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::process::Stdio;

use cp_token_protocol::message::{Request, Response};
use support::daemon::answering;
use support::{TestDir, run, skipped};

const HELPER: &str = env!("CARGO_BIN_EXE_cp-token");

/// What a terminal showed of the shell's `line`, with `typed` on the keyboard as soon as `sign` was shown.
fn at_a_terminal(place: &TestDir, line: &str, sign: &str, typed: &str) -> Option<String> {
    if run(&mut place.command("script".as_ref(), &["--version"])).exit != Some(0) {
        skipped("there is no script(1) to make a terminal with");
        return None;
    }
    let mut script = place.command("script".as_ref(), &["-q", "-E", "always", "-c", line, "/dev/null"]);
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    let mut piece = [0; 256];
    while !String::from_utf8_lossy(&shown).contains(sign) {
        match screen.read(&mut piece).unwrap() {
            0 => break,
            count => shown.extend_from_slice(&piece[..count]),
        }
    }
    // A helper that asks nothing may have ended already.
    let _ = keyboard.write_all(typed.as_bytes());
    screen.read_to_end(&mut shown).unwrap();
    child.wait().unwrap();
    Some(String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn a_secret_is_asked_for_by_name_and_never_shown() {
    // Typing waits until the terminal has stopped showing what is typed, or the test would outrun the helper.
    let hidden = "(while shown=$(stty -a </dev/tty 2>/dev/null); do \
                  case $shown in *' -echo '*) echo HIDDEN; break;; esac; done) &";
    let create = "profile create prod --url https://api.example --client-id key-1";
    let place = TestDir::new();
    let asked = answering(&place, |_| vec![Response::Done(vec!["it is done".to_owned()])]);
    let line = format!("{hidden} exec '{HELPER}' {create}");
    let Some(shown) = at_a_terminal(&place, &line, "HIDDEN", "hunter2-SENTINEL\n") else { return };
    assert!(
        shown.contains("API client secret for prod (not shown):") && shown.contains("it is done"),
        "{shown}"
    );
    assert!(!shown.contains("SENTINEL"), "{shown}");
    let Request::ProfileCreate(create) = asked.only() else { panic!("nothing was asked") };
    assert!(create.secret.secret.unwrap().matches(b"hunter2-SENTINEL"));
    // The control: a program that does not hide what is typed is seen to show it.
    let shown = at_a_terminal(&place, "echo READY; head -n 1 >/dev/null", "READY", "hunter2-SENTINEL\n");
    assert!(shown.is_some_and(|shown| shown.contains("SENTINEL")));
}

#[test]
fn a_deletion_is_asked_about_unless_yes_was_said() {
    for (arguments, typed, deleted) in [
        ("profile delete prod", "n\n", false),
        ("profile delete prod", "\n", false),
        ("profile delete prod", "y\n", true),
        ("profile delete prod --yes", "", true),
    ] {
        let place = TestDir::new();
        let asked = answering(&place, |_| vec![Response::Done(vec!["it is done".to_owned()])]);
        let line = format!("exec '{HELPER}' {arguments}");
        let Some(shown) = at_a_terminal(&place, &line, "[y/N]", typed) else { return };
        assert_eq!(asked.count(), usize::from(deleted), "{arguments} {typed:?}: {shown}");
        assert_eq!(shown.contains("[y/N]"), !arguments.contains("--yes"), "{shown}");
    }
}

/// Nothing that comes by a pipe is an answer, and nobody can answer what is not shown.
#[test]
fn without_somebody_to_ask_nothing_is_deleted_unless_yes_was_said() {
    for (before, after, deleted) in [
        ("", "</dev/null", false),
        ("echo y |", "", false),
        ("echo n |", "", false),
        ("", "2>said", false),
        ("", "--yes </dev/null", true),
        ("", "-y 2>said", true),
    ] {
        let place = TestDir::new();
        let asked = answering(&place, |_| vec![Response::Done(vec!["it is done".to_owned()])]);
        let delete = format!("{before} '{HELPER}' profile delete prod {after}; echo ended with $?");
        let line = format!("cd '{}' && touch said; {delete}; cat said", place.path("").display());
        let Some(shown) = at_a_terminal(&place, &line, "", "y\n") else { return };
        let end = if deleted { "ended with 0" } else { "ended with 64" };
        assert!(shown.contains(end) && !shown.contains("[y/N]"), "{line}: {shown}");
        assert_eq!(shown.contains("run this again with --yes"), !deleted, "{line}: {shown}");
        assert_eq!(asked.count(), usize::from(deleted), "{line}: {shown}");
    }
}
