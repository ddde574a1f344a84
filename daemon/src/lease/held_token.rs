//! Owns a token that the lease holds: how long it is served, and when it is renewed. Pure.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{AccessToken, handover};

use super::{AskedAt, Attempt, Refusal, ServedToken, TokenFingerprint, policy};
use crate::base::clock::Moment;

#[derive(Debug)]
pub(super) struct HeldToken {
    token: Arc<AccessToken>,
    pub(super) fingerprint: TokenFingerprint,
    /// When its request was sent, on the boot clock.
    sent: Duration,
    /// The attempt that fetched it; `None` if it was installed or imported.
    attempt: Option<Attempt>,
    life: Duration,
    /// The end of its life less the margin: it is not served after this.
    pub(super) end: Moment,
    pub(super) renewal: Moment,
    /// Whether only the next caller renews it, and no timer.
    pub(super) renewal_by_callers_only: bool,
    /// The API rejected it and another one is being requested: it is served to nobody until that request fails or the
    /// caller's time is over.
    pub(super) is_set_aside: bool,
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
        Self {
            fingerprint: TokenFingerprint::of(&token),
            token: Arc::new(token),
            sent: sent.boot,
            attempt,
            life,
            end: sent.after(life - policy::margin(life)),
            renewal: sent.after(policy::renewal_age(life, jitter)),
            renewal_by_callers_only: false,
            is_set_aside: false,
        }
    }

    pub(super) fn export_state(&self) -> handover::HeldToken {
        handover::HeldToken {
            token: Arc::clone(&self.token),
            life: self.life,
            end: self.end.into(),
            renewal: self.renewal.into(),
            renewal_by_callers_only: self.renewal_by_callers_only,
            is_set_aside: self.is_set_aside,
        }
    }

    pub(super) fn import_state(held: handover::HeldToken) -> Self {
        Self {
            fingerprint: TokenFingerprint::of(&held.token),
            token: held.token,
            // Every caller of this process asks later.
            sent: Duration::ZERO,
            attempt: None,
            life: held.life,
            end: held.end.into(),
            renewal: held.renewal.into(),
            renewal_by_callers_only: held.renewal_by_callers_only,
            is_set_aside: held.is_set_aside,
        }
    }

    /// Whether its request was sent after the caller asked.
    pub(super) fn is_newer_than(&self, asked: AskedAt) -> bool {
        self.sent > asked.boot || self.attempt > asked.latest_attempt
    }

    pub(super) fn has_expired(&self, now: Moment) -> bool {
        now.until(self.end).is_zero()
    }

    /// Whether it lives for another `min_validity`, margin included.
    pub(super) fn satisfies(&self, min_validity: Option<Duration>, now: Moment) -> bool {
        let usable = now.until(self.end);
        !usable.is_zero() && usable + policy::margin(self.life) >= min_validity.unwrap_or_default()
    }

    /// The refusal of a `min_validity` so long that nearly every call would need a token of its own.
    pub(super) fn refuse_min_validity(&self, min_validity: Option<Duration>) -> Option<Refusal> {
        let most = self.usable_life();
        min_validity.filter(|asked| *asked > most).map(|_| Refusal::MinValidity { issued: self.life, most })
    }

    /// Its life less the margin.
    pub(super) fn usable_life(&self) -> Duration {
        self.life - policy::margin(self.life)
    }

    pub(super) fn serve(&self, now: Moment) -> ServedToken {
        ServedToken { token: Arc::clone(&self.token), remaining: now.until(self.end) }
    }

    pub(super) fn renewal_is_due(&self, now: Moment) -> bool {
        now.until(self.renewal).is_zero()
    }

    /// Whether a caller asked recently enough that a new token will be used.
    pub(super) fn is_in_use(&self, last_asked: Option<Duration>, now: Moment) -> bool {
        last_asked.is_some_and(|asked| now.boot.saturating_sub(asked) <= policy::renewal_interest(self.life))
    }
}
