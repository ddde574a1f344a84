//! Tests of callers: their names are harmless, and a process that is gone has none.

use std::time::Duration;

use cp_token_protocol::Peer;

use super::*;

#[test]
fn g11_a_name_has_at_most_fifteen_visible_characters_whatever_a_program_calls_itself() {
    for (name, kept) in [
        (&b"cp-token"[..], "cp-token"),
        (b"my script", "my script"),
        (b"a\x1b[31mb\n\xff", "a?[31mb??"),
        ("jörg's \u{202e}…".as_bytes(), "jörg's ?…"),
        ("fünfzehn-bytes-ü".as_bytes(), "fünfzehn-bytes"),
        (b"exactly-fifteen", "exactly-fifteen"),
        (b"longer-than-fifteen", "longer-than-fif"),
        (b"", ""),
    ] {
        assert_eq!(program(name), kept);
    }
}

#[test]
fn a_process_that_is_there_is_named_with_its_parent_and_one_that_is_gone_is_not() {
    let callers = Callers::default();
    let own = std::process::id();
    let mut child = std::process::Command::new("sh");
    let mut child = child.args(["-c", "read line"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let peer = Peer { uid: 7, pid: Some(child.id()) };
    let at = Duration::from_millis;
    let caller_at = |time| callers.resolve(callers.capture_caller(peer.into(), at(time)));
    let known = caller_at(0);
    assert_eq!((known.uid, known.process.pid), (7, child.id()));
    assert!(known.parent.is_some_and(|parent| parent.pid == own && !parent.program.is_empty()));
    drop(child.stdin.take());
    child.wait().unwrap();
    let known = caller_at(1000);
    assert_eq!((known.process.pid, known.process.program.as_str(), known.parent), (child.id(), "", None));
    let nobody = callers.capture_caller(Peer { uid: 7, pid: None }.into(), at(0));
    assert_eq!(callers.resolve(nobody).process.pid, 0);
}

#[test]
fn a_caller_that_exits_between_two_lookups_is_still_known_by_its_parent() {
    let callers = Callers::default();
    let mut child = std::process::Command::new("sh");
    let mut child = child.args(["-c", "read line"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let snapshot = callers.capture_caller(Peer { uid: 7, pid: Some(child.id()) }.into(), Duration::ZERO);
    drop(child.stdin.take());
    child.wait().unwrap();
    let known = callers.resolve(snapshot);
    assert_eq!(known.process.pid, child.id());
    assert_eq!(known.parent.as_ref().map(|parent| parent.pid), Some(std::process::id()));
    assert!(known.parent.is_some_and(|parent| !parent.program.is_empty()));
}
