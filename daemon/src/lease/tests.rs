//! Owns the tables of the lease: each promise of the policy once, by hand. Random histories are in
//! `tests/simulation`.
use super::*;

mod outages;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Moment {
    let since = SECOND * u32::try_from(seconds).expect("small");
    Moment { boot: SECOND * 1000 + since, wall: SECOND * 1_000_000 + since }
}

fn token(text: &str) -> AccessToken {
    AccessToken::copy_of(text.as_bytes()).expect("a token")
}

fn any() -> TokenQuery {
    TokenQuery { freshness: Freshness::Valid, min_validity: None, has_code: false }
}

fn rejecting(text: &str) -> TokenQuery {
    TokenQuery {
        freshness: Freshness::Rejected(TokenFingerprint::of(&token(text))),
        min_validity: None,
        has_code: false,
    }
}

fn living(seconds: u32) -> TokenQuery {
    TokenQuery { freshness: Freshness::Valid, min_validity: Some(SECOND * seconds), has_code: false }
}

impl Lease {
    /// A caller asks for the first time.
    fn request(&mut self, query: &TokenQuery, now: Moment) -> Decision {
        self.request_since(query, self.asked_at(now), now)
    }
}

/// A lease that holds the token `one`, issued at second 0 for 100 seconds, due for renewal at second 70.
fn holding() -> Lease {
    let mut lease = Lease::default();
    let Decision::Wait(attempt) = lease.request(&any(), at(0)) else { panic!("a cold lease serves nothing") };
    assert_eq!(lease.poll_effect(), Some(attempt));
    assert_eq!(
        lease.on_token_issued(attempt, token("one"), SECOND * 100, at(0), at(0), 0.0),
        Acceptance::Held
    );
    lease
}

fn served(decision: Decision) -> String {
    let Decision::Serve(served) = decision else { panic!("not served: {decision:?}") };
    String::from_utf8(served.token.expose().to_vec()).expect("text")
}

#[test]
fn a_hundred_cold_callers_wait_for_one_attempt() {
    let mut lease = Lease::default();
    for _ in 0..100 {
        assert!(matches!(lease.request(&any(), at(0)), Decision::Wait(Attempt(1))));
    }
    assert_eq!(lease.poll_effect(), Some(Attempt(1)));
    assert_eq!(lease.poll_effect(), None);
}

#[test]
fn a_token_is_served_until_its_life_less_the_margin_and_no_longer() {
    let mut lease = holding();
    assert_eq!(served(lease.request(&any(), at(89))), "one");
    assert!(matches!(lease.request(&any(), at(90)), Decision::Wait(_)));
}

#[test]
fn renewal_starts_at_70_percent_while_the_old_token_is_served() {
    let mut lease = holding();
    assert_eq!(served(lease.request(&any(), at(69))), "one");
    assert_eq!(lease.poll_effect(), None);
    assert_eq!(served(lease.request(&any(), at(70))), "one");
    assert_eq!(lease.poll_effect(), Some(Attempt(2)));
    assert_eq!(served(lease.request(&any(), at(71))), "one");
    assert_eq!(lease.poll_effect(), None, "one attempt at a time");
}

#[test]
fn the_timer_renews_a_token_that_was_asked_for_lately_and_no_other() {
    let mut wanted = holding();
    wanted.request(&any(), at(50));
    wanted.handle_timeout(at(70));
    assert_eq!(wanted.poll_effect(), Some(Attempt(2)));
    let mut idle = holding();
    idle.handle_timeout(at(70));
    assert_eq!(idle.poll_effect(), None);
    assert_eq!(idle.poll_timeout(), Some(at(90)), "only the end of the token is worth waking for");
    idle.handle_timeout(at(90));
    assert_eq!(idle.poll_timeout(), None);
}

#[test]
fn g20_a_failed_renewal_leaves_the_old_token_in_service() {
    let mut lease = holding();
    lease.request(&any(), at(70));
    let attempt = lease.poll_effect().expect("an order");
    let kind = FailureKind::Transient { retry_after: None, cap: policy::MAX_SERVER_BACKOFF };
    assert!(lease.on_request_failed(attempt, kind, at(71), 0.0));
    assert_eq!(served(lease.request(&any(), at(71))), "one");
    assert_eq!(lease.poll_effect(), None, "not before the pause is over");
    assert_eq!(served(lease.request(&any(), at(72))), "one");
    assert_eq!(lease.poll_effect(), Some(Attempt(3)));
}

#[test]
fn fifty_reports_of_one_token_cost_one_request_and_an_old_report_costs_none() {
    let mut lease = holding();
    for _ in 0..50 {
        assert!(matches!(lease.request(&rejecting("one"), at(1)), Decision::Wait(Attempt(2))));
    }
    let attempt = lease.poll_effect().expect("an order");
    lease.on_token_issued(attempt, token("two"), SECOND * 100, at(1), at(1), 0.0);
    assert_eq!(served(lease.request(&rejecting("one"), at(2))), "two");
    assert_eq!(lease.poll_effect(), None);
}

#[test]
fn a_rejected_token_that_is_issued_again_is_not_taken() {
    let mut lease = holding();
    lease.request(&rejecting("one"), at(1));
    let attempt = lease.poll_effect().expect("an order");
    let verdict = lease.on_token_issued(attempt, token("one"), SECOND * 100, at(1), at(1), 0.0);
    assert_eq!(verdict, Acceptance::Rejected);
    assert!(matches!(lease.request(&any(), at(1)), Decision::Refuse(Refusal::CoolingDown(_))));
}

#[test]
fn j08_a_result_that_comes_after_forget_is_thrown_away() {
    let mut lease = Lease::default();
    lease.request(&any(), at(0));
    let attempt = lease.poll_effect().expect("an order");
    lease.forget();
    let verdict = lease.on_token_issued(attempt, token("late"), SECOND * 100, at(0), at(1), 0.0);
    assert_eq!(verdict, Acceptance::Superseded);
    assert!(matches!(lease.request(&any(), at(1)), Decision::Wait(Attempt(2))));
}

#[test]
fn a_refused_secret_is_not_tried_again_until_a_person_says_so() {
    let mut lease = Lease::default();
    lease.request(&any(), at(0));
    let attempt = lease.poll_effect().expect("an order");
    lease.on_request_failed(attempt, FailureKind::Final, at(0), 0.0);
    for freshness in
        [Freshness::Valid, Freshness::Fresh, Freshness::Rejected(TokenFingerprint::of(&token("x")))]
    {
        let query = TokenQuery { freshness, min_validity: None, has_code: false };
        assert!(matches!(lease.request(&query, at(100_000)), Decision::Refuse(Refusal::SecretRefused)));
    }
    assert_eq!(lease.poll_effect(), None);
    lease.forget();
    assert!(matches!(lease.request(&any(), at(100_000)), Decision::Wait(_)));
}

#[test]
fn f01_f02_f03_each_clock_ends_a_life_on_its_own() {
    let earlier = |moment: Moment| Moment { wall: SECOND, ..moment };
    let later = |moment: Moment| Moment { wall: SECOND * 900_000_000, ..moment };
    assert_eq!(served(holding().request(&any(), earlier(at(60)))), "one", "the wall clock was set back");
    assert!(matches!(holding().request(&any(), earlier(at(95))), Decision::Wait(_)));
    assert!(matches!(holding().request(&any(), later(at(1))), Decision::Wait(_)), "and forward");
    assert!(matches!(holding().request(&any(), at(7200)), Decision::Wait(_)), "suspended for two hours");
}

#[test]
fn more_validity_than_the_server_gives_is_an_error_and_no_request() {
    let mut lease = holding();
    for _ in 0..50 {
        let decision = lease.request(&living(91), at(1));
        let Decision::Refuse(Refusal::MinValidity { most, .. }) = decision else { panic!("{decision:?}") };
        assert_eq!(most, SECOND * 90);
    }
    assert_eq!(lease.poll_effect(), None);
    assert_eq!(served(lease.request(&living(90), at(5))), "one");
}

#[test]
fn f04_a_token_without_life_is_a_failure_with_a_pause() {
    let mut lease = Lease::default();
    lease.request(&any(), at(0));
    let attempt = lease.poll_effect().expect("an order");
    assert_eq!(
        lease.on_token_issued(attempt, token("dead"), Duration::ZERO, at(0), at(0), 0.0),
        Acceptance::NoLife
    );
    assert!(matches!(lease.request(&any(), at(0)), Decision::Refuse(Refusal::CoolingDown(_))));
}

#[test]
fn a_request_that_slept_through_its_tokens_life_may_be_made_again_at_once() {
    let mut lease = Lease::default();
    lease.request(&any(), at(0));
    let attempt = lease.poll_effect().expect("an order");
    let verdict = lease.on_token_issued(attempt, token("old"), SECOND * 100, at(0), at(7200), 0.0);
    assert_eq!(verdict, Acceptance::Expired);
    assert!(matches!(lease.request(&any(), at(7200)), Decision::Wait(_)));
}

#[test]
fn fresh_tokens_are_a_few_at_once_and_then_one_a_second() {
    let mut lease = holding();
    let fresh = TokenQuery { freshness: Freshness::Fresh, min_validity: None, has_code: false };
    let mut granted = 0;
    while let Decision::Wait(attempt) = lease.request(&fresh, at(1)) {
        lease.poll_effect();
        lease.on_token_issued(attempt, token(&format!("t{granted}")), SECOND * 100, at(1), at(1), 0.0);
        granted += 1;
    }
    assert_eq!(granted, 8, "one was used a second ago and has come back");
    assert!(matches!(lease.request(&fresh, at(1)), Decision::Refuse(Refusal::Throttled(_))));
    assert_eq!(served(lease.request(&any(), at(1))), "t7");
}

fn failing(lease: &mut Lease, retry_after: Option<Duration>, second: u64) {
    let attempt = lease.poll_effect().expect("an order");
    let kind = FailureKind::Transient { retry_after, cap: policy::MAX_SERVER_BACKOFF };
    assert!(lease.on_request_failed(attempt, kind, at(second), 0.0));
}

/// A lease that holds the token `one` and was told at second 70 to ask again in 20 seconds.
fn holding_in_a_pause() -> Lease {
    let mut lease = holding();
    lease.request(&any(), at(70));
    failing(&mut lease, Some(SECOND * 20), 70);
    lease
}

#[test]
fn a_report_in_a_pause_is_refused_and_leaves_the_token_to_those_who_do_not_report_it() {
    let mut lease = holding_in_a_pause();
    let message = lease.request(&rejecting("one"), at(71));
    assert!(
        matches!(message, Decision::Refuse(Refusal::CoolingDown(left)) if left == SECOND * 19),
        "{message:?}"
    );
    assert_eq!(served(lease.request(&any(), at(72))), "one");
    let due = lease.poll_timeout().map(|due| due.boot);
    assert_eq!(due, Some(at(90).boot), "another one is due as soon as it can be asked for");
    let mut unpaused = holding();
    assert!(matches!(unpaused.request(&rejecting("one"), at(71)), Decision::Wait(_)), "the control");
    assert!(matches!(unpaused.request(&any(), at(71)), Decision::Wait(_)), "set aside at once");
}

#[test]
fn a_token_that_was_reported_in_a_pause_goes_as_soon_as_another_is_there() {
    let mut lease = holding();
    lease.request(&any(), at(70));
    failing(&mut lease, Some(SECOND * 5), 70);
    lease.request(&rejecting("one"), at(71));
    lease.handle_timeout(at(75));
    let attempt = lease.poll_effect().expect("the pause is over, and a token was asked for lately");
    assert_eq!(served(lease.request(&any(), at(75))), "one");
    lease.on_token_issued(attempt, token("two"), SECOND * 100, at(75), at(75), 0.0);
    assert_eq!(served(lease.request(&rejecting("one"), at(76))), "two");
}

#[test]
fn fresh_is_never_a_token_whose_request_was_sent_before_it_was_asked_for() {
    let fresh = TokenQuery { freshness: Freshness::Fresh, min_validity: None, has_code: false };
    let mut lease = Lease::default();
    lease.request(&any(), at(0));
    let first = lease.poll_effect().expect("an order");
    let asked = lease.asked_at(at(1));
    assert!(matches!(lease.request(&fresh, at(1)), Decision::Wait(attempt) if attempt == first));
    lease.on_token_issued(first, token("one"), SECOND * 100, at(0), at(2), 0.0);
    let Decision::Wait(second) = lease.serve_after_wait(&fresh, asked, at(2)) else { panic!("an old token") };
    assert_eq!(lease.poll_effect(), Some(second));
    lease.on_token_issued(second, token("two"), SECOND * 100, at(2), at(3), 0.0);
    assert_eq!(served(lease.serve_after_wait(&fresh, asked, at(3))), "two");
    // One that had not been sent by then is as good as the next, however coarse the clock is.
    let third = lease.asked_at(at(3));
    lease.request(&fresh, at(3));
    let attempt = lease.poll_effect().expect("an order");
    lease.on_token_issued(attempt, token("three"), SECOND * 100, at(3), at(3), 0.0);
    assert_eq!(served(lease.serve_after_wait(&fresh, third, at(3))), "three");
}
