//! Owns the life of one profile's token. Pure: time and chance are arguments, tokens and orders are results;
//! no clock, no I/O, no waiting.

use std::time::Duration;

use cp_token_protocol::AccessToken;

use crate::base::clock::Moment;

mod asking;
mod bucket;
mod held;
mod pause;
pub mod policy;
mod rejected;
mod snapshot;
mod terms;
#[cfg(test)]
mod tests;

use bucket::RateLimiter;
use held::HeldToken;
use pause::Cooldown;
use rejected::Rejected;
pub use rejected::TokenFingerprint;
pub use terms::{
    Acceptance, Asked, Decision, FailureKind, Freshness, LeaseStatus, Refusal, ServedToken, TokenQuery,
};

/// The number of one token request. A result that carries another number than the lease waits for is late
/// and is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u64);

impl Attempt {
    const LAST: Self = Self(u64::MAX);
}

/// The life of one profile's token: vacant, acquiring, holding, renewing, cooling down or refused.
#[derive(Debug, Default)]
pub struct Lease {
    held: Option<HeldToken>,
    in_flight: Option<Attempt>,
    /// Started, and not yet collected by [`Lease::poll_effect`].
    ordered: Option<Attempt>,
    attempts: u64,
    cooling: Option<Cooldown>,
    refused: bool,
    bucket: RateLimiter,
    /// On the boot clock.
    last_asked: Option<Duration>,
    rejected: Rejected,
    /// Whether each token request needs a one-time code that only a caller can bring.
    needs_code: bool,
}

impl Lease {
    /// Says whether only a caller who brings a one-time code can cause a token request. A token that needs one is
    /// never renewed ahead.
    pub fn require_code(&mut self, needs_code: bool) {
        self.needs_code = needs_code;
    }

    /// The server issued a token for `attempt`: its request was sent at `sent`, and it lives `life` from then.
    /// `chance`, in [0, 1), spreads renewals.
    pub fn on_granted(
        &mut self,
        attempt: Attempt,
        token: AccessToken,
        life: Duration,
        sent: Moment,
        now: Moment,
        chance: f64,
    ) -> Acceptance {
        if self.in_flight != Some(attempt) {
            return Acceptance::Late;
        }
        self.drop_if_rejected();
        let held = HeldToken::new(token, life, sent, Some(attempt), chance);
        let (verdict, cap) = if self.rejected.contains(held.fingerprint()) {
            (Acceptance::Rejected, policy::MAX_SERVER_BACKOFF)
        } else if held.has_ended(now) && life < policy::SHORTEST_LIFE {
            (Acceptance::Lifeless, policy::MAX_SERVER_BACKOFF)
        } else if held.has_ended(now) {
            // Nobody failed: the next caller may ask at once, and the bucket keeps count.
            (Acceptance::Expired, Duration::ZERO)
        } else {
            self.hold(held);
            return Acceptance::Held;
        };
        self.on_failed(attempt, FailureKind::Transient { retry_after: None, cap }, now, chance);
        verdict
    }

    /// The request of `attempt` failed. `chance`, in [0, 1), spreads the next one. False where the attempt was
    /// overtaken.
    pub fn on_failed(&mut self, attempt: Attempt, kind: FailureKind, now: Moment, chance: f64) -> bool {
        if self.in_flight != Some(attempt) {
            return false;
        }
        self.in_flight = None;
        self.ordered = None;
        match kind {
            FailureKind::Final => {
                self.drop_if_rejected();
                self.refused = true;
                self.cooling = None;
            }
            FailureKind::Refused { cap } => {
                self.drop_if_rejected();
                self.cool(None, cap, true, now, chance);
            }
            FailureKind::Local { cap } => {
                self.held.iter_mut().for_each(HeldToken::restore);
                self.cool(None, cap, true, now, chance);
            }
            FailureKind::Transient { retry_after, cap } => {
                self.held.iter_mut().for_each(HeldToken::restore);
                self.cool(retry_after, cap, false, now, chance);
            }
        }
        true
    }

    /// Takes a token that was issued outside of an attempt, when a new secret was proved.
    pub fn install(&mut self, token: AccessToken, life: Duration, sent: Moment, now: Moment, chance: f64) {
        self.forget();
        let held = HeldToken::new(token, life, sent, None, chance);
        if !held.has_ended(now) {
            self.hold(held);
        }
    }

    /// Drops the token, disowns the attempt in flight, and lets a refused secret be tried once more. The
    /// share of token requests that was used stays used, and a pause for what no person fixes lasts.
    pub fn forget(&mut self) {
        self.held = None;
        self.rejected = Rejected::default();
        self.end_attempt();
        self.cooling = self.cooling.filter(|cooling| !cooling.ends_with_forget);
    }

    /// Disowns the attempt in flight and keeps the token: what changes is how another one is asked for. Of the pauses,
    /// only one that the server asked for lasts.
    pub fn disown(&mut self) {
        self.end_attempt();
        self.cooling = self.cooling.filter(|cooling| cooling.is_asked_for);
    }

    /// As [`Lease::forget`], where it is another client or another server by now: no pause concerns it.
    pub fn reset(&mut self) {
        self.forget();
        self.cooling = None;
    }

    /// Whether the last request failed, and no later one has shown that it was over.
    pub fn is_cooling(&self) -> bool {
        self.cooling.is_some()
    }

    /// Lets go of a token whose life is over, and starts a renewal that is due and wanted.
    pub fn handle_timeout(&mut self, now: Moment) {
        if self.held.as_ref().is_some_and(|held| held.has_ended(now)) {
            self.held = None;
        }
        self.renew_if_due(now);
        let asked = self.last_asked;
        if let Some(held) = &mut self.held
            && held.renewal_is_due(now)
            && (self.needs_code || !held.is_wanted(asked, now))
        {
            held.leave_renewal_to_callers();
        }
    }

    /// When [`Lease::handle_timeout`] is worth calling next; a hint, never a promise.
    pub fn poll_timeout(&self) -> Option<Moment> {
        let held = self.held.as_ref()?;
        let idle = self.in_flight.is_none() && !self.refused;
        let Some(renewal) = held.renewal_timer().filter(|_| idle) else { return Some(held.end()) };
        let cooling = self.cooling.map_or(renewal, |cooling| cooling.until);
        Some(renewal.later_of(cooling).later_of(self.bucket.ready()))
    }

    /// The token request to make now, handed over once.
    pub fn poll_effect(&mut self) -> Option<Attempt> {
        self.ordered.take()
    }

    /// What the lease is doing.
    pub fn status(&self, now: Moment) -> LeaseStatus {
        let live = self.held.as_ref().filter(|held| !held.has_ended(now) && !held.is_set_aside());
        let cooling = self.cooling.map(|cooling| now.until(cooling.until)).filter(|left| !left.is_zero());
        match (live, self.in_flight, cooling) {
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
        pause::left(self.cooling, &self.bucket, now)
    }

    /// Whether `attempt` is the one the lease waits for.
    pub fn awaits(&self, attempt: Attempt) -> bool {
        self.in_flight == Some(attempt)
    }

    fn wait_or_refuse(&mut self, has_code: bool, now: Moment) -> Decision {
        if let Some(attempt) = self.in_flight {
            return Decision::Wait(attempt);
        }
        match self.obstacle(has_code, now) {
            Some(refusal) => Decision::Refuse(refusal),
            None => Decision::Wait(self.start(now)),
        }
    }

    fn obstacle(&self, has_code: bool, now: Moment) -> Option<Refusal> {
        if self.refused {
            return Some(Refusal::SecretRefused);
        }
        // Nobody is asked for a code that could not be sent.
        let pause = self.pause(now);
        pause.or_else(|| (self.needs_code && !has_code).then_some(Refusal::CodeNeeded))
    }

    fn renew_if_due(&mut self, now: Moment) {
        let Some(held) = &self.held else { return };
        let due = held.renewal_is_due(now) && held.is_wanted(self.last_asked, now);
        if due && self.in_flight.is_none() && self.obstacle(false, now).is_none() {
            self.start(now);
        }
    }

    fn start(&mut self, now: Moment) -> Attempt {
        self.bucket.take(now.boot);
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

    fn cool(
        &mut self,
        retry_after: Option<Duration>,
        cap: Duration,
        ends_with_forget: bool,
        now: Moment,
        chance: f64,
    ) {
        let failures = self.cooling.map_or(0, |cooling| cooling.failures).saturating_add(1);
        let delay = policy::back_off(failures, cap, retry_after, chance);
        let is_asked_for = retry_after.is_some();
        self.cooling = Some(Cooldown { until: now.after(delay), failures, is_asked_for, ends_with_forget });
    }

    /// It is no outage that keeps another one from coming, so the API's word about the token in hand counts.
    fn drop_if_rejected(&mut self) {
        self.held = self.held.take().filter(|held| !self.rejected.contains(held.fingerprint()));
    }

    fn hold(&mut self, held: HeldToken) {
        self.held = Some(held);
        self.in_flight = None;
        self.ordered = None;
        self.cooling = None;
        self.refused = false;
    }
}
