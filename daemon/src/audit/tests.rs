//! Tests of the audit log: its limit, its pages, and that no entry is lost.

use cp_token_protocol::message::{Process, Response};
use cp_token_protocol::{ErrorCode, Peer};

use super::*;
use crate::base::clock::SystemClock;

fn audit() -> Arc<Audit> {
    Audit::new(Arc::new(SystemClock))
}

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).unwrap()
}

fn numbers(audit: &Audit, limit: u32, before: Option<u64>) -> Vec<u64> {
    audit.page(LogRequest { limit, before }).iter().map(|entry| entry.number).collect()
}

fn write(audit: &Arc<Audit>, times: usize) {
    for _ in 0..times {
        audit.begin_own(Operation::Renewal, &name("prod")).finish(Outcome::Issued);
    }
}

#[test]
fn the_log_keeps_the_newest_thousand_and_their_numbers_count_the_older_ones() {
    let audit = audit();
    assert_eq!(numbers(&audit, 10, None), [0; 0]);
    write(&audit, MAX_ENTRIES + 7);
    assert_eq!(audit.ring().entries.len(), MAX_ENTRIES);
    assert_eq!(numbers(&audit, 2, None), [1006, 1007]);
    assert_eq!(numbers(&audit, 300, Some(10)), [8, 9]);
    assert_eq!(numbers(&audit, 300, Some(8)), [0; 0]);
    assert_eq!(numbers(&audit, 300, Some(0)), [0; 0]);
}

#[test]
fn pages_go_back_to_the_oldest_without_a_gap() {
    let audit = audit();
    write(&audit, MAX_ENTRIES + 1);
    let (mut before, mut numbers_seen) = (None, Vec::new());
    loop {
        let page = numbers(&audit, u32::MAX, before);
        let Some(first) = page.first() else { break };
        assert!(page.len() <= 256);
        before = Some(*first);
        numbers_seen.splice(0..0, page);
    }
    assert_eq!(numbers_seen, (2..=1001).collect::<Vec<_>>());
}

#[test]
fn a_page_of_the_longest_entries_fits_a_frame() {
    let audit = audit();
    let peer = Peer { uid: u32::MAX, pid: Some(std::process::id()) };
    for _ in 0..MAX_ENTRIES {
        let mut guard = audit.begin_request(Operation::Get, Some(&name(&"a".repeat(64))), peer.into());
        guard.resolve_caller();
        let caller = guard.entry.caller.as_mut().unwrap();
        caller.process = Process { pid: u32::MAX, program: "fifteen letters".to_owned() };
        caller.parent = Some(caller.process.clone());
        guard.finish(Outcome::Failed(ErrorCode(u16::MAX)));
    }
    let page = audit.page(LogRequest { limit: u32::MAX, before: None });
    assert_eq!(page.len(), 256);
    assert!(cp_token_protocol::encode_response(&Response::Log(page)).is_ok());
}

#[test]
fn a_request_that_its_caller_abandons_is_logged_as_abandoned() {
    let audit = audit();
    drop(audit.begin_request(Operation::Get, None, Peer { uid: 7, pid: None }.into()));
    let entries = audit.page(LogRequest { limit: 1, before: None });
    assert_eq!((entries[0].outcome, entries[0].operation), (Outcome::Abandoned, Operation::Get));
    assert_eq!(entries[0].caller.as_ref().map(|caller| caller.uid), Some(7));
}
