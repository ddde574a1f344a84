//! Owns the tests of the pauses of a proxy's password: for one server, and for every server.

use cp_token_protocol::{ErrorCode, Failure, Secret};

use super::*;
use crate::lease::policy;

const OUTAGE: FailureKind = FailureKind::Transient { retry_after: None, cap: policy::MAX_LOCAL_BACKOFF };

fn to(server: &str) -> CredentialRoute {
    let credential = (AccountKey::from_text("proxy:http://jo@proxy.example".to_owned()), [1; 32]);
    CredentialRoute { credential, proxy: None, server: Some(format!("https://{server}.example")) }
}

fn at(second: u64) -> Moment {
    Moment { boot: Duration::from_secs(second), wall: Duration::from_secs(1000 + second) }
}

/// A request for the server of this name, by a profile of the same name.
fn fails(backoffs: &Backoffs, server: &str, kind: FailureKind, has_worked: bool, second: u64) {
    let failed =
        TokenRequestFailed { failure: Failure::new(ErrorCode::SERVER_UNREACHABLE, "it failed"), kind };
    let name = ProfileName::parse(server).expect("a name");
    let sent = at(second).boot + Duration::from_millis(1);
    backoffs.record_at_proxy(&to(server), &name, &failed, (sent, has_worked), at(second));
}

/// What is left of the pause for this server, in seconds, and whose request failed.
fn left(backoffs: &Backoffs, server: &str, second: u64) -> Option<(u64, String)> {
    let (left, backoff) = backoffs.at_proxy(&to(server), at(second))?;
    Some((left.as_secs(), backoff.profile.to_string()))
}

fn of(seconds: u64, profile: &str) -> Option<(u64, String)> {
    Some((seconds, profile.to_owned()))
}

#[test]
fn one_server_that_fails_has_a_pause_of_its_own_however_often() {
    let backoffs = Backoffs::default();
    for (second, pause) in [(100, 1), (102, 2), (105, 4)] {
        fails(&backoffs, "gone", OUTAGE, false, second);
        assert_eq!(
            (left(&backoffs, "gone", second), left(&backoffs, "well", second)),
            (of(pause, "gone"), None)
        );
    }
}

#[test]
fn two_servers_in_a_row_pause_every_server_and_who_has_not_failed_is_first() {
    let backoffs = Backoffs::default();
    fails(&backoffs, "gone", OUTAGE, false, 100);
    fails(&backoffs, "dead", OUTAGE, false, 102);
    assert_eq!(left(&backoffs, "well", 102), of(1, "dead"));
    assert_eq!(left(&backoffs, "gone", 102), of(2, "dead"));
    assert!(backoffs.is_paused_by_other_servers(&to("well"), at(102)));
    assert!(!backoffs.is_paused_by_other_servers(&to("gone"), at(102)), "its own server failed");
    assert_eq!(left(&backoffs, "well", 103), None);
    assert_eq!(left(&backoffs, "gone", 103), of(1, "dead"));
    fails(&backoffs, "well", OUTAGE, false, 103);
    assert_eq!(left(&backoffs, "other", 103), of(2, "well"), "the next pause is longer");
}

#[test]
fn a_success_between_or_lately_leaves_each_server_its_own_pause() {
    let backoffs = Backoffs::default();
    fails(&backoffs, "gone", OUTAGE, false, 100);
    backoffs.clear_at_proxy(&to("well"));
    assert_eq!(left(&backoffs, "gone", 100), of(1, "gone"), "a success elsewhere does not end it");
    fails(&backoffs, "dead", OUTAGE, false, 102);
    assert_eq!((left(&backoffs, "dead", 102), left(&backoffs, "well", 102)), (of(1, "dead"), None));
    fails(&backoffs, "gone", OUTAGE, true, 104);
    assert_eq!((left(&backoffs, "gone", 104), left(&backoffs, "well", 104)), (of(2, "gone"), None));
    fails(&backoffs, "gone", OUTAGE, false, 107);
    assert_eq!(left(&backoffs, "well", 107), of(1, "gone"), "the control");
}

#[test]
fn a_success_and_a_refusal_end_the_pause_for_every_server() {
    let two_failed = || {
        let backoffs = Backoffs::default();
        fails(&backoffs, "gone", OUTAGE, false, 100);
        fails(&backoffs, "dead", OUTAGE, false, 100);
        assert_eq!(left(&backoffs, "well", 100), of(1, "dead"));
        backoffs
    };
    let backoffs = two_failed();
    backoffs.clear_at_proxy(&to("well"));
    assert_eq!(left(&backoffs, "well", 100), None);
    for refused in [FailureKind::Final, FailureKind::Refused(policy::MAX_SERVER_BACKOFF)] {
        let backoffs = two_failed();
        fails(&backoffs, "third", refused, false, 100);
        assert_eq!(left(&backoffs, "well", 100), None);
    }
}

#[test]
fn failures_too_far_apart_are_not_in_a_row() {
    let backoffs = Backoffs::default();
    fails(&backoffs, "gone", OUTAGE, false, 100);
    let later = 100 + super::super::MAX_AGE.as_secs();
    fails(&backoffs, "dead", OUTAGE, false, later);
    assert_eq!(left(&backoffs, "well", later), None);
}

#[test]
fn the_next_daemon_keeps_the_pauses_and_what_worked_between() {
    let handed_over = |old: &Backoffs| {
        let new = Backoffs::default();
        let exported = old.export_state(&Secret::zeroed(32), at(100));
        exported.into_iter().for_each(|backoff| new.import_state(backoff));
        new
    };
    let old = Backoffs::default();
    fails(&old, "gone", OUTAGE, false, 100);
    let new = handed_over(&old);
    assert_eq!((left(&new, "gone", 100), left(&new, "well", 100)), (of(1, "gone"), None));
    fails(&new, "dead", OUTAGE, false, 100);
    assert_eq!(left(&handed_over(&new), "well", 100), of(1, "dead"));
    old.clear_at_proxy(&to("well"));
    let new = handed_over(&old);
    fails(&new, "dead", OUTAGE, false, 100);
    assert_eq!(left(&new, "well", 100), None, "one has worked between");
}
