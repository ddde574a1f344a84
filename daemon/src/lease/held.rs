//! Owns one token that is held: how long it may be handed out, and when it should be renewed. Pure.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{AccessToken, handover};

use super::{Asked, Attempt, Refusal, ServedToken, TokenFingerprint, policy};
use crate::base::clock::Moment;

#[derive(Debug)]
pub(super) struct HeldToken {
    token: Arc<AccessToken>,
    fingerprint: TokenFingerprint,
    /// Just before its request was sent, on the boot clock.
    sent: Duration,
    /// The attempt that brought it; none where it came otherwise.
    attempt: Option<Attempt>,
    life: Duration,
    /// The end of the token's life less the margin: from then on it is not handed out.
    end: Moment,
    renewal: Moment,
    renewal_by_callers_only: bool,
    /// The API has rejected it, and another one is being requested: nobody is served until that is known to fail, or has no
    /// more time.
    is_set_aside: bool,
}

impl HeldToken {
    /// A life counts from before its request was sent, so that the way back is not counted twice.
    pub(super) fn new(
        token: AccessToken,
        life: Duration,
        sent: Moment,
        attempt: Option<Attempt>,
        chance: f64,
    ) -> Self {
        Self {
            fingerprint: TokenFingerprint::of(&token),
            token: Arc::new(token),
            sent: sent.boot,
            attempt,
            life,
            end: sent.after(life - policy::margin(life)),
            renewal: sent.after(policy::renewal_age(life, chance)),
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

    pub(super) fn inherited(held: handover::HeldToken) -> Self {
        Self {
            fingerprint: TokenFingerprint::of(&held.token),
            token: held.token,
            // Whoever asks of this daemon asks after that.
            sent: Duration::ZERO,
            attempt: None,
            life: held.life,
            end: held.end.into(),
            renewal: held.renewal.into(),
            renewal_by_callers_only: held.renewal_by_callers_only,
            is_set_aside: held.is_set_aside,
        }
    }

    pub(super) fn fingerprint(&self) -> TokenFingerprint {
        self.fingerprint
    }

    /// Whether its request was made for somebody who asked then, or after that.
    pub(super) fn is_newer_than(&self, asked: Asked) -> bool {
        self.sent > asked.boot || self.attempt > asked.latest
    }

    pub(super) fn is_set_aside(&self) -> bool {
        self.is_set_aside
    }

    /// Serves nobody while another one is being requested.
    pub(super) fn set_aside(&mut self) {
        self.is_set_aside = true;
    }

    /// Serves again those who do not report it, for want of another.
    pub(super) fn restore(&mut self) {
        self.is_set_aside = false;
    }

    /// The API has rejected it: another one is due now.
    pub(super) fn renew_now(&mut self, now: Moment) {
        self.renewal = now;
        self.renewal_by_callers_only = false;
    }

    pub(super) fn end(&self) -> Moment {
        self.end
    }

    pub(super) fn has_ended(&self, now: Moment) -> bool {
        now.until(self.end).is_zero()
    }

    /// The whole life asked for must be there, margin included: the caller named a figure of its own.
    pub(super) fn satisfies(&self, min_validity: Option<Duration>, now: Moment) -> bool {
        let usable = now.until(self.end);
        !usable.is_zero() && usable + policy::margin(self.life) >= min_validity.unwrap_or_default()
    }

    /// A figure so near to the whole life that nearly every call would need a token of its own is refused.
    pub(super) fn unreachable(&self, min_validity: Option<Duration>) -> Option<Refusal> {
        let most = self.usable_life();
        min_validity.filter(|asked| *asked > most).map(|_| Refusal::MinValidity { issued: self.life, most })
    }

    /// All that can be handed out of its life.
    pub(super) fn usable_life(&self) -> Duration {
        self.life - policy::margin(self.life)
    }

    pub(super) fn serve(&self, now: Moment) -> ServedToken {
        ServedToken { token: Arc::clone(&self.token), remaining: now.until(self.end) }
    }

    pub(super) fn renewal_is_due(&self, now: Moment) -> bool {
        now.until(self.renewal).is_zero()
    }

    /// Whether somebody asked lately enough that a new token will be used.
    pub(super) fn is_wanted(&self, asked: Option<Duration>, now: Moment) -> bool {
        asked.is_some_and(|asked| now.boot.saturating_sub(asked) <= policy::interest(self.life))
    }

    /// Nobody asked lately: no timer renews this token, only the next caller.
    pub(super) fn leave_renewal_to_callers(&mut self) {
        self.renewal_by_callers_only = true;
    }

    pub(super) fn renewal_timer(&self) -> Option<Moment> {
        (!self.renewal_by_callers_only).then_some(self.renewal)
    }
}
