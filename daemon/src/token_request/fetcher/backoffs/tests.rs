//! Owns the tests of back-offs: their length, what they apply to, and what ends them.

use cp_token_protocol::{ErrorCode, Failure};

use super::*;

const OUTAGE: FailureKind = FailureKind::Transient { retry_after: None, cap: policy::MAX_SERVER_BACKOFF };
const LOCAL: FailureKind = FailureKind::Local(policy::MAX_LOCAL_BACKOFF);
const READ_ONLY: FailureKind = FailureKind::Refused(policy::MAX_SERVER_BACKOFF);

fn route(account: &str, fingerprint: u8, proxy: Option<&str>) -> CredentialRoute {
    let credential = (AccountKey::from_text(account.to_owned()), [fingerprint; 32]);
    CredentialRoute { credential, proxy: proxy.map(str::to_owned), server: None }
}

fn at(second: u64) -> Moment {
    Moment { boot: Duration::from_secs(second), wall: Duration::from_secs(1000 + second) }
}

fn fails(backoffs: &Backoffs, route: &CredentialRoute, kind: FailureKind, sent: u64, now: u64) {
    let failed = TokenRequestFailed { failure: Failure::new(ErrorCode::SERVER_FAILED, "it failed"), kind };
    let name = ProfileName::parse("a").expect("a name");
    backoffs.record(route, &name, &failed, Duration::from_secs(sent), at(now));
}

fn left(backoffs: &Backoffs, route: &CredentialRoute, second: u64) -> Option<u64> {
    backoffs.of(route, at(second)).map(|(left, _)| left.as_secs())
}

#[test]
fn each_failure_doubles_the_pause_until_the_credential_is_judged() {
    let (backoffs, one) = (Backoffs::default(), route("a", 0, None));
    fails(&backoffs, &one, OUTAGE, 99, 100);
    assert_eq!((left(&backoffs, &one, 100), left(&backoffs, &one, 101)), (Some(1), None));
    fails(&backoffs, &one, OUTAGE, 101, 102);
    fails(&backoffs, &one, OUTAGE, 104, 105);
    assert_eq!((left(&backoffs, &one, 106), left(&backoffs, &one, 109)), (Some(3), None));
    assert!(backoffs.has_failed(&one, at(109)));
    for judged in [FailureKind::Final, READ_ONLY] {
        fails(&backoffs, &one, judged, 109, 110);
        assert!(!backoffs.has_failed(&one, at(110)));
        fails(&backoffs, &one, OUTAGE, 110, 111);
        assert_eq!(left(&backoffs, &one, 111), Some(1));
    }
    backoffs.clear(&one);
    assert_eq!(left(&backoffs, &one, 111), None);
}

#[test]
fn another_secret_another_account_and_another_route_have_no_pause() {
    let (backoffs, one) = (Backoffs::default(), route("a", 0, None));
    fails(&backoffs, &one, OUTAGE, 99, 100);
    for other in [route("a", 1, None), route("b", 0, None), route("a", 0, Some("http://proxy.example"))] {
        assert_eq!(left(&backoffs, &other, 100), None, "{other:?}");
    }
}

#[test]
fn requests_that_were_in_flight_together_count_as_one_failure() {
    let (backoffs, one) = (Backoffs::default(), route("a", 0, None));
    for second in 100..110 {
        fails(&backoffs, &one, OUTAGE, 100, second);
        assert_eq!(left(&backoffs, &one, second), Some(1));
    }
    fails(&backoffs, &one, OUTAGE, 110, 111);
    assert_eq!(left(&backoffs, &one, 111), Some(2), "the control");
}

#[test]
fn a_pause_that_the_server_asks_for_is_as_long_and_failures_long_ago_do_not_count() {
    let (backoffs, one) = (Backoffs::default(), route("a", 0, None));
    let retry_after = Some(Duration::from_secs(120));
    let asked_for = FailureKind::Transient { retry_after, cap: policy::MAX_SERVER_BACKOFF };
    fails(&backoffs, &one, asked_for, 99, 100);
    assert_eq!(left(&backoffs, &one, 100), Some(120));
    let later = 100 + MAX_AGE.as_secs();
    assert!(!backoffs.has_failed(&one, at(later)));
    fails(&backoffs, &one, OUTAGE, later, later);
    assert_eq!(left(&backoffs, &one, later), Some(1));
}

#[test]
fn neither_suspend_nor_a_stepped_clock_makes_a_pause_longer() {
    let (backoffs, one) = (Backoffs::default(), route("a", 0, None));
    fails(&backoffs, &one, OUTAGE, 99, 100);
    let set_back = Moment { wall: Duration::ZERO, ..at(101) };
    assert!(backoffs.of(&one, set_back).is_none());
    let slept = Moment { boot: Duration::from_secs(7200), ..at(100) };
    assert!(backoffs.of(&one, slept).is_none() && !backoffs.has_failed(&one, slept));
}

#[test]
fn only_what_a_person_can_fix_ends_with_forget() {
    let (backoffs, outage, local) = (Backoffs::default(), route("a", 0, None), route("b", 0, None));
    fails(&backoffs, &outage, OUTAGE, 100, 100);
    fails(&backoffs, &local, LOCAL, 100, 100);
    backoffs.forget(|account| *account == outage.credential.0);
    assert_eq!((left(&backoffs, &outage, 100), left(&backoffs, &local, 100)), (Some(1), Some(1)));
    backoffs.forget(|_| true);
    assert_eq!((left(&backoffs, &outage, 100), left(&backoffs, &local, 100)), (Some(1), None));
}

#[test]
fn the_next_daemon_keeps_every_back_off_that_counts() {
    let (old, new) = (Backoffs::default(), Backoffs::default());
    let (one, stale) = (route("a", 7, Some("http://proxy.example")), route("b", 0, None));
    fails(&old, &stale, OUTAGE, 100, 100);
    let now = 100 + MAX_AGE.as_secs();
    fails(&old, &one, LOCAL, now - 2, now - 1);
    fails(&old, &one, LOCAL, now, now);
    old.export_state(&Secret::zeroed(32), at(now)).into_iter().for_each(|backoff| new.import_state(backoff));
    assert_eq!((left(&new, &one, now), lock(&new.0).len()), (Some(2), 1));
    fails(&new, &one, LOCAL, now + 2, now + 2);
    assert_eq!(left(&new, &one, now + 2), Some(4), "and how many failures there were");
    new.forget(|_| true);
    assert_eq!(left(&new, &one, now + 2), None);
}

#[test]
fn their_number_is_limited_and_the_oldest_goes_first() {
    let backoffs = Backoffs::default();
    let numbered = |number: usize| route(&number.to_string(), 0, None);
    for number in 0..=MAX_TOTAL {
        fails(&backoffs, &numbered(number), OUTAGE, 100, if number == 5 { 100 } else { 101 });
    }
    assert_eq!(lock(&backoffs.0).len(), MAX_TOTAL);
    assert!(!backoffs.has_failed(&numbered(5), at(101)) && backoffs.has_failed(&numbered(6), at(101)));
    let later = 101 + MAX_AGE.as_secs();
    fails(&backoffs, &numbered(MAX_TOTAL + 1), OUTAGE, later, later);
    assert_eq!(lock(&backoffs.0).len(), 1);
}
