//! Promises about many requests at once and about the gate. Order comes from signals, never from pauses.

use std::collections::HashSet;
use std::time::Duration;

use cp_token_tests::fake_crashplan::{Answer, Outcome};

use crate::curl::{ID, SECRET, finished, stage};

const TIMEOUT: Duration = Duration::from_secs(60);
const CROWD: usize = 300;

#[test]
fn three_hundred_requests_wait_at_the_gate_together_and_each_gets_its_own_token() {
    let Some((server, curl)) = stage() else { return };
    server.hold();
    let address = curl.address(&format!("/api/v3/oauth/token?grant_type=client_credentials&n=[1-{CROWD}]"));
    let most = CROWD.to_string();
    let pair = format!("{ID}:{SECRET}");
    let crowd = ["-Z", "--parallel-immediate", "--parallel-max", &most, "-X", "POST", "-u", &pair, &address];
    let reply = std::thread::scope(|scope| {
        let asking = scope.spawn(|| curl.run(&crowd.map(str::to_owned)));
        let together = server.wait_for(TIMEOUT, |ledger| ledger.in_flight() == CROWD);
        server.release();
        assert!(together, "{} of {CROWD} came together", server.max_in_flight());
        asking.join().expect("curl was run")
    });
    assert_eq!((reply.exit, server.token_requests(), server.max_in_flight()), (Some(0), CROWD, CROWD));
    assert_eq!(server.issued().iter().collect::<HashSet<_>>().len(), CROWD);
    assert!(server.entries().iter().all(|entry| entry.outcome == Outcome::Answered(Some(200))));
}

#[test]
fn requests_one_after_the_other_are_never_in_flight_together() {
    let Some((server, curl)) = stage() else { return };
    for _ in 0..20 {
        assert_eq!(curl.token(ID, SECRET).status, 200);
    }
    assert_eq!((server.in_flight(), server.max_in_flight()), (0, 1));
}

#[test]
fn a_held_request_is_judged_only_when_it_is_released() {
    let Some((server, curl)) = stage() else { return };
    server.hold();
    let waiting = curl.spawn_token(ID, SECRET);
    assert!(server.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    server.answer_next(Answer::json(500, "{}"));
    server.release();
    assert_eq!(finished(waiting).status, 500);
}

#[test]
fn the_gate_stops_token_requests_only() {
    let Some((server, curl)) = stage() else { return };
    server.hold();
    assert_eq!(curl.users("none").status, 401);
    assert_eq!(server.in_flight(), 0);
}

#[test]
fn a_client_that_leaves_the_gate_gets_no_token() {
    let Some((server, curl)) = stage() else { return };
    server.hold();
    let mut waiting = curl.spawn_token(ID, SECRET);
    assert!(server.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    waiting.kill().expect("end curl");
    waiting.wait().expect("wait for curl");
    assert!(server.wait_for(TIMEOUT, |ledger| ledger.entries()[0].outcome == Outcome::Abandoned));
    server.release();
    assert_eq!(curl.token(ID, SECRET).status, 200);
    assert_eq!((server.issued().len(), server.max_in_flight()), (1, 1));
}

#[test]
fn waiting_for_what_does_not_come_ends_with_false() {
    let Some((server, _curl)) = stage() else { return };
    assert!(!server.wait_for(Duration::ZERO, |ledger| ledger.token_requests() == 1));
    assert!(server.wait_for(Duration::ZERO, |ledger| ledger.token_requests() == 0));
}
