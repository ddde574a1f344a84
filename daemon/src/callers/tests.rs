//! Owns the promises about callers: their names are harmless, and a process that has gone is nobody.

use cp_token_protocol::Peer;

use super::*;

#[test]
fn g11_a_name_has_at_most_fifteen_visible_characters_whatever_a_program_calls_itself() {
    for (name, kept) in [
        (&b"cp-token"[..], "cp-token"),
        (b"my script", "my script"),
        (b"a\x1b[31mb\n\xff", "a?[31mb??"),
        (b"exactly-fifteen", "exactly-fifteen"),
        (b"longer-than-fifteen", "longer-than-fif"),
        (b"", ""),
    ] {
        assert_eq!(Named::new(7, name).name(), kept);
    }
}

#[test]
fn a_process_that_is_there_is_named_with_its_parent_and_one_that_is_gone_is_not() {
    let callers = Callers::default();
    let own = std::process::id();
    let sleeper = |line: &str| {
        std::process::Command::new("sh").args(["-c", line]).stdin(std::process::Stdio::piped()).spawn()
    };
    let mut child = sleeper("read line").unwrap();
    let peer = Peer { uid: 7, pid: Some(child.id()) };
    for _ in 0..2 {
        let known = callers.known(peer);
        assert_eq!((known.uid, known.process.pid, known.process.name()), (7, child.id(), "sh"));
        assert_eq!(known.parent.map(|parent| parent.pid), Some(own));
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    let known = callers.known(peer);
    assert_eq!((known.process.name(), known.parent), ("", None), "its number is nobody's now");
    assert_eq!(callers.known(Peer { uid: 7, pid: None }).process.pid, 0);
}
