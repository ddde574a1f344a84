//! Owns a token that the lease holds: how long it is served, and when it is renewed. Pure.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{AccessToken, handover};

use super::{AskedAt, Attempt, Refusal, ServedToken, TokenFingerprint, policy};
use crate::base::clock::Moment;

/// A token, and what only the process that requested it knows of it.
#[derive(Debug)]
pub(super) struct HeldToken {
    pub(super) state: handover::HeldToken,
    pub(super) fingerprint: TokenFingerprint,
    /// When its request was sent, on the boot clock.
    sent: Duration,
    /// The attempt that fetched it; `None` if it was installed or imported.
    attempt: Option<Attempt>,
}

impl HeldToken {
    /// The life starts when the request was sent, so that the network delay is never added to it.
    pub(super) fn new(
        token: AccessToken,
        life: Duration,
        sent: Moment,
        attempt: Option<Attempt>,
        jitter: f64,
    ) -> Self {
        let state = handover::HeldToken {
            token: Arc::new(token),
            life,
            end: sent.after(life - policy::margin(life)),
            renewal: sent.after(policy::renewal_age(life, jitter)),
            renewal_by_callers_only: false,
            is_set_aside: false,
        };
        Self { sent: sent.boot, attempt, ..Self::import_state(state) }
    }

    /// Every caller of this process asks later than the token's request was sent.
    pub(super) fn import_state(state: handover::HeldToken) -> Self {
        let fingerprint = TokenFingerprint::of(&state.token);
        Self { state, fingerprint, sent: Duration::ZERO, attempt: None }
    }

    /// Whether its request was sent after the caller asked.
    pub(super) fn is_newer_than(&self, asked: AskedAt) -> bool {
        self.sent > asked.boot || self.attempt > asked.latest_attempt
    }

    pub(super) fn has_expired(&self, now: Moment) -> bool {
        now.until(self.state.end).is_zero()
    }

    /// Whether it lives for another `min_validity`, margin included.
    pub(super) fn satisfies(&self, min_validity: Option<Duration>, now: Moment) -> bool {
        let usable = now.until(self.state.end);
        !usable.is_zero() && usable + policy::margin(self.state.life) >= min_validity.unwrap_or_default()
    }

    /// The refusal of a `min_validity` so long that nearly every call would need a token of its own.
    pub(super) fn refuse_min_validity(&self, min_validity: Option<Duration>) -> Option<Refusal> {
        let most = self.usable_life();
        min_validity
            .filter(|asked| *asked > most)
            .map(|_| Refusal::MinValidity { issued: self.state.life, most })
    }

    /// Its life less the margin.
    pub(super) fn usable_life(&self) -> Duration {
        self.state.life - policy::margin(self.state.life)
    }

    pub(super) fn serve(&self, now: Moment) -> ServedToken {
        ServedToken { token: Arc::clone(&self.state.token), remaining: now.until(self.state.end) }
    }

    pub(super) fn renewal_is_due(&self, now: Moment) -> bool {
        now.until(self.state.renewal).is_zero()
    }

    /// Whether a caller asked recently enough that a new token will be used.
    pub(super) fn is_in_use(&self, last_asked: Option<Duration>, now: Moment) -> bool {
        last_asked
            .is_some_and(|asked| now.boot.saturating_sub(asked) <= policy::renewal_interest(self.state.life))
    }
}
