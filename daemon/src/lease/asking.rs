//! Owns how the lease answers a caller: with the token in hand, with an attempt to wait for, or with no. Pure.

use std::time::Duration;

use super::held::HeldToken;
use super::{Asked, Attempt, Decision, Freshness, Lease, Refusal, ServedToken, TokenQuery};
use crate::base::clock::Moment;

impl Lease {
    /// A caller asks, who has asked first by then. After it, [`Lease::poll_effect`] may have an order.
    pub fn request_since(&mut self, ask: &TokenQuery, asked: Asked, now: Moment) -> Decision {
        self.handle_timeout(now);
        self.last_asked = Some(now.boot);
        self.apply_rejection(ask, now);
        self.restore_without_another(ask.has_code, now);
        if let Some(held) = self.held.as_ref().filter(|held| !held.is_set_aside()) {
            if let Some(refusal) = held.unreachable(ask.min_validity) {
                return Decision::Refuse(refusal);
            }
            if is_wanted(held, &ask.freshness, asked) && held.satisfies(ask.min_validity, now) {
                let served = held.serve(now);
                self.renew_if_due(now);
                return Decision::Serve(served);
            }
        }
        self.wait_or_refuse(ask.has_code, now)
    }

    /// Now, for [`Lease::request_since`] and [`Lease::settle`].
    pub fn asked(&self, now: Moment) -> Asked {
        Asked { boot: now.boot, latest: Some(Attempt(self.attempts)) }
    }

    /// The answer to a caller who has asked by then and waited for an attempt that was granted. Whoever wants a token that
    /// was requested later than this one waits for one more attempt.
    pub fn settle(&mut self, ask: &TokenQuery, asked: Asked, now: Moment) -> Decision {
        let Some(held) = &self.held else { return Decision::Refuse(Refusal::CoolingDown(Duration::ZERO)) };
        match ask.freshness {
            Freshness::Rejected(token) if held.fingerprint() == token => {
                return Decision::Refuse(Refusal::SameToken);
            }
            Freshness::Fresh if !held.is_newer_than(asked) => {
                return self.request_since(&TokenQuery { has_code: false, ..*ask }, asked, now);
            }
            Freshness::Valid | Freshness::Rejected(_) | Freshness::Fresh => {}
        }
        match held.unreachable(ask.min_validity) {
            Some(refusal) => Decision::Refuse(refusal),
            None if held.satisfies(ask.min_validity, now) => Decision::Serve(held.serve(now)),
            None => Decision::Refuse(Refusal::CoolingDown(Duration::ZERO)),
        }
    }

    /// The token in hand, for a caller who has asked by then and waited for an attempt that failed, where it is of the
    /// kind that is asked for.
    pub fn serve_in_spite(&self, ask: &TokenQuery, asked: Asked, now: Moment) -> Option<ServedToken> {
        let is_set_aside = self.held.as_ref().is_some_and(HeldToken::is_set_aside);
        if is_set_aside { None } else { self.serve_at_last(ask, asked, now) }
    }

    /// The token in hand, for a caller who has asked by then and whose time is over, where it is of the kind that is asked
    /// for: one that somebody else has reported is better than none.
    pub fn serve_at_last(&self, ask: &TokenQuery, asked: Asked, now: Moment) -> Option<ServedToken> {
        let held = self.held.as_ref()?;
        let is_good = is_wanted(held, &ask.freshness, asked) && held.satisfies(ask.min_validity, now);
        is_good.then(|| held.serve(now))
    }

    /// A report counts against the token in hand, or, with none in hand, against what the next request may
    /// bring. A report of any other token is old news. The token in hand is set aside by the first report, and serves
    /// those who do not report it once it is known that no other can be had for now.
    fn apply_rejection(&mut self, ask: &TokenQuery, now: Moment) {
        let Freshness::Rejected(token) = ask.freshness else { return };
        if self.held.as_ref().is_some_and(|held| held.fingerprint() != token) {
            return;
        }
        let is_first = self.rejected.remember(token);
        let obstacle = self.obstacle(ask.has_code, now).filter(|_| self.in_flight.is_none());
        if obstacle == Some(Refusal::SecretRefused) {
            self.held = None;
        }
        let Some(held) = &mut self.held else { return };
        held.renew_now(now);
        // A report that brought no code has changed nothing.
        if is_first || (self.needs_code && ask.has_code) {
            held.set_aside();
        }
    }

    /// No other token can be had for now, or not before somebody brings a code.
    fn restore_without_another(&mut self, has_code: bool, now: Moment) {
        let obstacle = self.obstacle(has_code, now).filter(|_| self.in_flight.is_none());
        if obstacle.is_some_and(|obstacle| obstacle != Refusal::SecretRefused) {
            self.held.iter_mut().for_each(HeldToken::restore);
        }
    }
}

/// Whether the token in hand is of the kind that is asked for.
fn is_wanted(held: &HeldToken, freshness: &Freshness, asked: Asked) -> bool {
    match freshness {
        Freshness::Valid => true,
        Freshness::Rejected(token) => held.fingerprint() != *token,
        Freshness::Fresh => held.is_newer_than(asked),
    }
}
