//! Owns the life of one profile's token. Pure: time and jitter are arguments; no clock, no I/O, no waiting.

use std::time::Duration;

use cp_token_protocol::AccessToken;
use cp_token_protocol::handover::Cooldown;

use crate::base::clock::Moment;

mod held_token;
pub mod policy;
mod rate_limiter;
mod rejected_tokens;
mod requests;
mod snapshot;
#[cfg(test)]
mod tests;
mod types;

use held_token::HeldToken;
use rate_limiter::RateLimiter;
use rejected_tokens::RejectedTokens;
pub use rejected_tokens::TokenFingerprint;
pub use types::{
    Acceptance, AskedAt, Decision, FailureKind, Freshness, LeaseStatus, Refusal, ServedToken, TokenQuery,
};

/// The number of a token request. The lease ignores results with any other number than the one in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u64);

impl Attempt {
    const LAST: Self = Self(u64::MAX);
}

/// The state of one profile's token: absent, requested, held, renewed, cooling down or refused.
#[derive(Debug, Default)]
pub struct Lease {
    held: Option<HeldToken>,
    in_flight: Option<Attempt>,
    /// Started, and not yet returned by [`Lease::poll_effect`].
    ordered: Option<Attempt>,
    attempts: u64,
    cooldown: Option<Cooldown>,
    refused: bool,
    rate_limiter: RateLimiter,
    /// On the boot clock.
    last_asked: Option<Duration>,
    rejected: RejectedTokens,
    /// Whether each token request needs a one-time code from a caller.
    needs_code: bool,
}

impl Lease {
    /// Sets whether each token request needs a one-time code from a caller; then no token is renewed ahead of expiry.
    pub fn require_code(&mut self, needs_code: bool) {
        self.needs_code = needs_code;
    }

    /// Takes the token that was issued for `attempt`: its life starts at `sent`. `jitter`, in [0, 1), spreads renewals.
    pub fn on_token_issued(
        &mut self,
        attempt: Attempt,
        token: AccessToken,
        life: Duration,
        sent: Moment,
        now: Moment,
        jitter: f64,
    ) -> Acceptance {
        if self.in_flight != Some(attempt) {
            return Acceptance::Superseded;
        }
        self.drop_if_rejected();
        let held = HeldToken::new(token, life, sent, Some(attempt), jitter);
        let (verdict, cap) = if self.rejected.contains(held.fingerprint) {
            (Acceptance::Rejected, policy::MAX_SERVER_BACKOFF)
        } else if held.has_expired(now) && life < policy::MIN_LIFE {
            (Acceptance::NoLife, policy::MAX_SERVER_BACKOFF)
        } else if held.has_expired(now) {
            // Not a failure: the next caller may ask immediately, within the rate limit.
            (Acceptance::Expired, Duration::ZERO)
        } else {
            self.hold(held);
            return Acceptance::Held;
        };
        self.on_request_failed(attempt, FailureKind::Transient { retry_after: None, cap }, now, jitter);
        verdict
    }

    /// Records that `attempt` failed. `jitter`, in [0, 1), spreads the next one. `false` if it was abandoned before.
    pub fn on_request_failed(
        &mut self,
        attempt: Attempt,
        kind: FailureKind,
        now: Moment,
        jitter: f64,
    ) -> bool {
        if self.in_flight != Some(attempt) {
            return false;
        }
        self.end_attempt();
        if matches!(kind, FailureKind::Final | FailureKind::Refused(_)) {
            self.drop_if_rejected();
        } else {
            self.restore_held();
        }
        let failures = self.cooldown.map_or(0, |cooldown| cooldown.failures);
        let more = failures.saturating_add(1);
        let (delay, failures, is_asked_for, ends_with_forget) = match kind {
            FailureKind::Final => {
                self.refused = true;
                self.cooldown = None;
                return true;
            }
            FailureKind::Refused(cap) | FailureKind::Local(cap) => {
                (policy::back_off(more, cap, None, jitter), more, false, true)
            }
            FailureKind::Transient { retry_after, cap } => {
                (policy::back_off(more, cap, retry_after, jitter), more, retry_after.is_some(), false)
            }
            FailureKind::Paused { left, ends_with_forget } => {
                (policy::with_jitter(left, jitter), failures, false, ends_with_forget)
            }
        };
        let until = now.after(delay);
        self.cooldown = Some(Cooldown { until, failures, is_asked_for, ends_with_forget });
        true
    }

    /// Takes a token that was issued outside of an attempt, to verify a new secret.
    pub fn install(&mut self, token: AccessToken, life: Duration, sent: Moment, now: Moment, jitter: f64) {
        self.forget();
        let held = HeldToken::new(token, life, sent, None, jitter);
        if !held.has_expired(now) {
            self.hold(held);
        }
    }

    /// Drops the token, abandons the attempt in flight, and allows a refused secret to be tried once more. The rate limit
    /// stays used, and so does a pause whose cause no person can fix.
    pub fn forget(&mut self) {
        self.held = None;
        self.rejected = RejectedTokens::default();
        self.end_attempt();
        self.cooldown = self.cooldown.filter(|cooldown| !cooldown.ends_with_forget);
    }

    /// Abandons the attempt in flight and keeps the token. Only a pause that the server asked for stays.
    pub fn abandon_attempt(&mut self) {
        self.end_attempt();
        self.cooldown = self.cooldown.filter(|cooldown| cooldown.is_asked_for);
    }

    /// As [`Lease::forget`], without any pause, when the client or the server changes.
    pub fn reset(&mut self) {
        self.forget();
        self.cooldown = None;
    }

    /// Whether the last request failed.
    pub fn is_cooling(&self) -> bool {
        self.cooldown.is_some()
    }

    /// Drops an expired token, and starts a renewal that is due if the token is in use.
    pub fn handle_timeout(&mut self, now: Moment) {
        if self.held.as_ref().is_some_and(|held| held.has_expired(now)) {
            self.held = None;
        }
        self.renew_if_due(now);
        let last_asked = self.last_asked;
        if let Some(held) = &mut self.held
            && held.renewal_is_due(now)
            && (self.needs_code || !held.is_in_use(last_asked, now))
        {
            held.state.renewal_by_callers_only = true;
        }
    }

    /// When to call [`Lease::handle_timeout`] next. Earlier or later calls do no harm.
    pub fn poll_timeout(&self) -> Option<Moment> {
        let held = self.held.as_ref()?;
        let idle = self.in_flight.is_none() && !self.refused;
        if held.state.renewal_by_callers_only || !idle {
            return Some(held.state.end);
        }
        let cooldown = self.cooldown.map_or(held.state.renewal, |cooldown| cooldown.until);
        Some(held.state.renewal.later_of(cooldown).later_of(self.rate_limiter.ready()))
    }

    /// The token request to make now; returned once.
    pub fn poll_effect(&mut self) -> Option<Attempt> {
        self.ordered.take()
    }

    /// What the lease is doing.
    pub fn status(&self, now: Moment) -> LeaseStatus {
        let live = self.held.as_ref().filter(|held| !held.has_expired(now) && !held.state.is_set_aside);
        match (live, self.in_flight, self.cooldown_left(now)) {
            (Some(held), _, _) => {
                LeaseStatus::Live { remaining: held.serve(now).remaining, of: held.usable_life() }
            }
            _ if self.refused => LeaseStatus::Refused,
            (None, Some(_), _) => LeaseStatus::Requesting,
            (None, None, Some(left)) => LeaseStatus::CoolingDown(left),
            (None, None, None) => LeaseStatus::Absent,
        }
    }

    /// Why no token is requested now, though one can be later.
    pub fn pause(&self, now: Moment) -> Option<Refusal> {
        let cooldown = self.cooldown_left(now).map(Refusal::CoolingDown);
        cooldown.or_else(|| self.rate_limiter.wait(now.boot).map(Refusal::Throttled))
    }

    fn cooldown_left(&self, now: Moment) -> Option<Duration> {
        self.cooldown.map(|cooldown| now.until(cooldown.until)).filter(|left| !left.is_zero())
    }

    /// Whether `attempt` is the one the lease waits for.
    pub fn awaits(&self, attempt: Attempt) -> bool {
        self.in_flight == Some(attempt)
    }

    fn wait_or_refuse(&mut self, has_code: bool, now: Moment) -> Decision {
        if let Some(attempt) = self.in_flight {
            return Decision::Wait(attempt);
        }
        match self.refusal_reason(has_code, now) {
            Some(refusal) => Decision::Refuse(refusal),
            None => Decision::Wait(self.start(now)),
        }
    }

    fn refusal_reason(&self, has_code: bool, now: Moment) -> Option<Refusal> {
        if self.refused {
            return Some(Refusal::SecretRefused);
        }
        // During a pause a code could not be sent, so none is asked for.
        let pause = self.pause(now);
        pause.or_else(|| (self.needs_code && !has_code).then_some(Refusal::CodeNeeded))
    }

    fn renew_if_due(&mut self, now: Moment) {
        let Some(held) = &self.held else { return };
        let due = held.renewal_is_due(now) && held.is_in_use(self.last_asked, now);
        if due && self.in_flight.is_none() && self.refusal_reason(false, now).is_none() {
            self.start(now);
        }
    }

    fn start(&mut self, now: Moment) -> Attempt {
        self.rate_limiter.take(now.boot);
        self.attempts += 1;
        let attempt = Attempt(self.attempts);
        self.in_flight = Some(attempt);
        self.ordered = Some(attempt);
        attempt
    }

    fn end_attempt(&mut self) {
        self.in_flight = None;
        self.ordered = None;
        self.refused = false;
    }

    /// Drops the held token if the API rejected it: the secret is wrong, so this is no outage to bridge.
    fn drop_if_rejected(&mut self) {
        self.held = self.held.take().filter(|held| !self.rejected.contains(held.fingerprint));
    }

    fn restore_held(&mut self) {
        self.held.iter_mut().for_each(|held| held.state.is_set_aside = false);
    }

    fn hold(&mut self, held: HeldToken) {
        self.held = Some(held);
        self.cooldown = None;
        self.end_attempt();
    }
}
