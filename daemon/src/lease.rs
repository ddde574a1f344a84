//! Owns the life of one profile's token. Pure: time and chance are arguments, tokens and orders are results;
//! no clock, no I/O, no waiting.

use std::time::Duration;

use cp_token_protocol::AccessToken;

use crate::clock::Moment;

mod bucket;
mod held;
mod legacy;
pub mod policy;
mod rejected;
mod terms;
#[cfg(test)]
mod tests;

use bucket::Bucket;
use held::Held;
use rejected::Rejected;
pub use terms::{Acceptance, Ask, Decision, Demand, FailureKind, Refusal, Served, Standing};

/// The number of one token request. A result that carries another number than the lease waits for is late
/// and is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt(u64);

#[derive(Debug, Clone, Copy)]
struct Cooling {
    until: Moment,
    failures: u32,
}

/// The life of one profile's token: vacant, acquiring, holding, renewing, cooling down or refused.
#[derive(Debug, Default)]
pub struct Lease {
    held: Option<Held>,
    in_flight: Option<Attempt>,
    /// Started, and not yet collected by [`Lease::poll_effect`].
    ordered: Option<Attempt>,
    attempts: u64,
    cooling: Option<Cooling>,
    refused: bool,
    bucket: Bucket,
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

    /// A caller asks. After it, [`Lease::poll_effect`] may have an order.
    pub fn request(&mut self, ask: &Ask, now: Moment) -> Decision {
        self.handle_timeout(now);
        self.last_asked = Some(now.boot);
        self.heed(&ask.demand);
        if let Some(held) = &self.held {
            if let Some(refusal) = held.unreachable(ask.min_validity) {
                return Decision::Refuse(refusal);
            }
            if !matches!(ask.demand, Demand::Fresh) && held.satisfies(ask.min_validity, now) {
                let served = held.serve(now);
                self.renew_if_due(now);
                return Decision::Serve(served);
            }
        }
        self.wait_or_refuse(ask.has_code, now)
    }

    /// The answer to a caller who has waited for an attempt that was granted.
    ///
    /// # Errors
    /// [`Refusal`] where even the new token is not what was asked for.
    pub fn settle(&self, ask: &Ask, now: Moment) -> Result<Served, Refusal> {
        let held = self.held.as_ref().ok_or(Refusal::CoolingDown(Duration::ZERO))?;
        if let Demand::Rejected(token) = &ask.demand
            && held.is(token)
        {
            return Err(Refusal::SameToken);
        }
        match held.unreachable(ask.min_validity) {
            Some(refusal) => Err(refusal),
            None if held.satisfies(ask.min_validity, now) => Ok(held.serve(now)),
            None => Err(Refusal::CoolingDown(Duration::ZERO)),
        }
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
        let held = Held::new(token, life, sent, chance);
        let (verdict, cap) = if self.rejected.contains(held.token()) {
            (Acceptance::Rejected, policy::SERVER_CAP)
        } else if held.has_ended(now) && life < policy::SHORTEST_LIFE {
            (Acceptance::Lifeless, policy::SERVER_CAP)
        } else if held.has_ended(now) {
            // Nobody failed: the next caller may ask at once, and the bucket keeps count.
            (Acceptance::Expired, Duration::ZERO)
        } else {
            self.hold(held);
            return Acceptance::Held;
        };
        self.on_failed(attempt, FailureKind::Passing { retry_after: None, cap }, now, chance);
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
                self.refused = true;
                self.cooling = None;
            }
            FailureKind::Passing { retry_after, cap } => {
                let failures = self.cooling.map_or(0, |cooling| cooling.failures).saturating_add(1);
                let delay = policy::back_off(failures, cap, retry_after, chance);
                self.cooling = Some(Cooling { until: now.after(delay), failures });
            }
        }
        true
    }

    /// Takes a token that was issued outside of an attempt, when a new secret was proved.
    pub fn install(&mut self, token: AccessToken, life: Duration, sent: Moment, now: Moment, chance: f64) {
        self.forget();
        let held = Held::new(token, life, sent, chance);
        if !held.has_ended(now) {
            self.hold(held);
        }
    }

    /// Drops the token, disowns the attempt in flight, and lets a refused secret be tried once more. The
    /// share of token requests that was used stays used.
    pub fn forget(&mut self) {
        self.held = None;
        self.in_flight = None;
        self.ordered = None;
        self.cooling = None;
        self.refused = false;
        self.rejected = Rejected::default();
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
    pub fn standing(&self, now: Moment) -> Standing {
        let live = self.held.as_ref().filter(|held| !held.has_ended(now));
        let cooling = self.cooling.map(|cooling| now.until(cooling.until)).filter(|left| !left.is_zero());
        match (live, self.in_flight, cooling) {
            (Some(held), _, _) => {
                Standing::Live { remaining: held.serve(now).remaining, of: held.usable_life() }
            }
            _ if self.refused => Standing::Refused,
            (None, Some(_), _) => Standing::Requesting,
            (None, None, Some(left)) => Standing::CoolingDown(left),
            (None, None, None) => Standing::Absent,
        }
    }

    /// Whether `attempt` is the one the lease waits for.
    pub fn awaits(&self, attempt: Attempt) -> bool {
        self.in_flight == Some(attempt)
    }

    /// A report counts against the token in hand, or, with none in hand, against what the next request may
    /// bring. A report of any other token is old news.
    fn heed(&mut self, demand: &Demand) {
        let Demand::Rejected(token) = demand else { return };
        if self.held.as_ref().is_none_or(|held| held.is(token)) {
            self.held = None;
            self.rejected.remember(token);
        }
    }

    fn wait_or_refuse(&mut self, has_code: bool, now: Moment) -> Decision {
        if let Some(attempt) = self.in_flight {
            return Decision::Wait(attempt);
        }
        // Whoever types a code says that the password may be tried with it.
        self.refused &= !(self.needs_code && has_code);
        match self.obstacle(has_code, now) {
            Some(refusal) => Decision::Refuse(refusal),
            None => Decision::Wait(self.start(now)),
        }
    }

    fn obstacle(&mut self, has_code: bool, now: Moment) -> Option<Refusal> {
        if self.refused && !self.needs_code {
            return Some(Refusal::SecretRefused);
        }
        if self.needs_code && !has_code {
            return Some(Refusal::CodeNeeded);
        }
        let cooling = self.cooling.map(|cooling| now.until(cooling.until)).filter(|left| !left.is_zero());
        cooling.map(Refusal::CoolingDown).or_else(|| self.bucket.wait(now.boot).map(Refusal::Throttled))
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

    fn hold(&mut self, held: Held) {
        self.held = Some(held);
        self.in_flight = None;
        self.ordered = None;
        self.cooling = None;
        self.refused = false;
    }
}
