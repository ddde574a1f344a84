//! Owns the tables of a lease in an outage: what becomes of a token that was reported, and of a pause.
use super::*;

fn fails(lease: &mut Lease, kind: FailureKind, second: u64) {
    let attempt = lease.poll_effect().expect("an order");
    assert!(lease.on_request_failed(attempt, kind, at(second), 0.0));
}

const OUTAGE: FailureKind = FailureKind::Transient { retry_after: None, cap: policy::MAX_SERVER_BACKOFF };
const LOCAL: FailureKind = FailureKind::Local(policy::MAX_LOCAL_BACKOFF);
const READ_ONLY: FailureKind = FailureKind::Refused(policy::MAX_SERVER_BACKOFF);

/// A lease whose token `one` was reported at second 1, with an attempt under way for which somebody else waits.
fn reported() -> (Lease, AskedAt) {
    let mut lease = holding();
    assert!(matches!(lease.request(&rejecting("one"), at(1)), Decision::Wait(Attempt(2))));
    let asked = lease.asked_at(at(1));
    assert!(matches!(lease.request(&any(), at(1)), Decision::Wait(Attempt(2))), "set aside");
    assert_eq!(lease.status(at(1)), LeaseStatus::Requesting);
    (lease, asked)
}

#[test]
fn a_report_that_meets_an_outage_takes_the_token_from_nobody_else() {
    for kind in [OUTAGE, LOCAL] {
        stays(kind);
    }
}

fn stays(kind: FailureKind) {
    let (mut lease, asked) = reported();
    fails(&mut lease, kind, 2);
    let others = lease.serve_after_failure(&any(), asked, at(2)).expect("those who wait are served");
    assert_eq!(others.token.expose(), b"one");
    assert!(lease.serve_after_failure(&rejecting("one"), asked, at(2)).is_none());
    assert_eq!(served(lease.request(&any(), at(2))), "one");
    assert!(matches!(lease.request(&rejecting("one"), at(2)), Decision::Refuse(Refusal::CoolingDown(_))));
    // Once the pause is over, the next attempt keeps nobody waiting, however often the token is reported.
    assert!(matches!(lease.request(&rejecting("one"), at(4)), Decision::Wait(Attempt(3))));
    assert_eq!(served(lease.request(&any(), at(5))), "one");
    assert!(matches!(lease.request(&any(), at(90)), Decision::Wait(Attempt(3))), "not beyond its life");
}

#[test]
fn who_has_no_more_time_gets_the_token_that_somebody_else_has_reported() {
    let (lease, asked) = reported();
    assert!(lease.serve_after_failure(&any(), asked, at(2)).is_none(), "the control: it is set aside");
    let late = lease.serve_at_timeout(&any(), asked, at(2)).expect("a token");
    assert_eq!(late.token.expose(), b"one");
    for query in [rejecting("one"), TokenQuery { freshness: Freshness::Fresh, ..any() }, living(3600)] {
        assert!(lease.serve_at_timeout(&query, asked, at(2)).is_none(), "{query:?}");
    }
    assert!(lease.serve_at_timeout(&any(), asked, at(90)).is_none(), "not beyond its life");
    assert!(reported().0.serve_at_timeout(&rejecting("two"), asked, at(2)).is_some(), "another report");
}

#[test]
fn where_only_a_person_brings_another_a_report_takes_the_token_from_nobody_else() {
    let with_code = |query: TokenQuery| TokenQuery { has_code: true, ..query };
    let mut lease = holding();
    lease.require_code(true);
    for _ in 0..2 {
        let report = lease.request(&rejecting("one"), at(1));
        assert!(matches!(report, Decision::Refuse(Refusal::CodeNeeded)), "{report:?}");
        assert_eq!(served(lease.request(&any(), at(1))), "one");
    }
    // With a code one is requested: whoever asks meanwhile waits for it.
    assert!(matches!(lease.request(&with_code(rejecting("one")), at(2)), Decision::Wait(Attempt(2))));
    assert!(matches!(lease.request(&any(), at(2)), Decision::Wait(Attempt(2))));
    lease.abandon_attempt();
    assert_eq!(served(lease.request(&any(), at(3))), "one", "nobody else is about to bring a code");
}

#[test]
fn a_token_that_was_reported_goes_with_the_first_answer_that_is_no_outage() {
    for kind in [FailureKind::Final, READ_ONLY] {
        let (mut lease, asked) = reported();
        fails(&mut lease, kind, 2);
        assert!(lease.serve_after_failure(&any(), asked, at(2)).is_none());
        assert!(matches!(lease.request(&any(), at(2)), Decision::Refuse(_)));
        // The same for one that had been kept through an outage.
        let (mut lease, _) = reported();
        fails(&mut lease, OUTAGE, 2);
        assert_eq!(served(lease.request(&any(), at(4))), "one");
        fails(&mut lease, kind, 5);
        assert!(matches!(lease.request(&any(), at(5)), Decision::Refuse(_)));
    }
    let (mut lease, _) = reported();
    let attempt = lease.poll_effect().expect("an order");
    lease.on_token_issued(attempt, token("dead"), Duration::ZERO, at(2), at(2), 0.0);
    assert!(matches!(lease.request(&any(), at(2)), Decision::Refuse(_)), "it grants tokens, if useless ones");
    let mut unreported = holding();
    unreported.request(&any(), at(70));
    fails(&mut unreported, FailureKind::Final, 71);
    assert_eq!(served(unreported.request(&any(), at(72))), "one", "the control");
}

#[test]
fn a_token_that_is_set_aside_is_so_with_the_next_daemon_and_with_another_way_to_the_server() {
    let (mut lease, _) = reported();
    lease.abandon_attempt();
    let name = cp_token_protocol::ProfileName::parse("a").expect("a name");
    let mut next = Lease::import_state(lease.export_state(name, String::new(), None), false);
    assert!(matches!(next.request(&any(), at(2)), Decision::Wait(_)));
    fails(&mut next, OUTAGE, 2);
    assert_eq!(served(next.request(&any(), at(2))), "one");
    assert!(matches!(next.request(&rejecting("one"), at(2)), Decision::Refuse(_)));
}

#[test]
fn a_pause_outlives_forget_unless_it_is_for_what_a_person_mends() {
    let asked_for =
        FailureKind::Transient { retry_after: Some(SECOND * 20), cap: policy::MAX_SERVER_BACKOFF };
    let paused = |ends_with_forget| FailureKind::Paused { left: SECOND, ends_with_forget };
    let kinds = [
        (asked_for, true),
        (OUTAGE, true),
        (paused(false), true),
        (paused(true), false),
        (LOCAL, false),
        (READ_ONLY, false),
        (FailureKind::Final, false),
    ];
    for (kind, lasts) in kinds {
        let mut lease = Lease::default();
        lease.request(&any(), at(0));
        fails(&mut lease, kind, 0);
        for _ in 0..5 {
            lease.forget();
            let decision = lease.request(&any(), at(0));
            assert_eq!(matches!(decision, Decision::Refuse(Refusal::CoolingDown(_))), lasts, "{decision:?}");
        }
        lease.reset();
        assert!(matches!(lease.request(&any(), at(0)), Decision::Wait(_)), "another server, another pause");
    }
}

#[test]
fn another_way_to_the_server_ends_a_pause_of_our_own() {
    for (retry_after, lasts) in [(Some(SECOND * 20), true), (None, false)] {
        let mut lease = Lease::default();
        lease.request(&any(), at(0));
        fails(&mut lease, FailureKind::Transient { retry_after, cap: policy::MAX_SERVER_BACKOFF }, 0);
        lease.abandon_attempt();
        let decision = lease.request(&any(), at(0));
        assert_eq!(matches!(decision, Decision::Refuse(Refusal::CoolingDown(_))), lasts, "{decision:?}");
    }
}

#[test]
fn a_pause_of_the_credential_lasts_as_long_as_is_left_of_it_and_counts_as_no_failure() {
    let paused = FailureKind::Paused { left: SECOND * 30, ends_with_forget: false };
    for (jitter, end) in [(0.0, 30), (0.99, 38)] {
        let mut lease = Lease::default();
        lease.request(&any(), at(0));
        let attempt = lease.poll_effect().expect("an order");
        assert!(lease.on_request_failed(attempt, paused, at(0), jitter));
        let decision = lease.request(&any(), at(end - 1));
        assert!(matches!(decision, Decision::Refuse(Refusal::CoolingDown(_))), "{decision:?}");
        assert!(matches!(lease.request(&any(), at(end)), Decision::Wait(_)));
        fails(&mut lease, OUTAGE, end);
        assert!(matches!(lease.request(&any(), at(end + 1)), Decision::Wait(_)), "the first failure");
    }
    let (mut lease, _) = reported();
    fails(&mut lease, paused, 2);
    assert_eq!(served(lease.request(&any(), at(2))), "one");
}
