//! Owns the lease's answer to a caller: the held token, an attempt to wait for, or a refusal. Pure.

use std::time::Duration;

use super::held_token::HeldToken;
use super::{AskedAt, Attempt, Decision, Freshness, Lease, Refusal, ServedToken, TokenQuery};
use crate::base::clock::Moment;

impl Lease {
    /// Answers a caller who first asked at `asked`. [`Lease::poll_effect`] may have a request afterwards.
    pub fn request_since(&mut self, query: &TokenQuery, asked: AskedAt, now: Moment) -> Decision {
        self.handle_timeout(now);
        self.last_asked = Some(now.boot);
        self.apply_rejection(query, now);
        self.restore_if_none_can_follow(query.has_code, now);
        if let Some(held) = self.held.as_ref().filter(|held| !held.state.is_set_aside) {
            if let Some(refusal) = held.refuse_min_validity(query.min_validity) {
                return Decision::Refuse(refusal);
            }
            if matches(held, query, asked, now) {
                let served = held.serve(now);
                self.renew_if_due(now);
                return Decision::Serve(served);
            }
        }
        self.wait_or_refuse(query.has_code, now)
    }

    /// Whether the held token answers a caller who asks now.
    pub fn serves(&self, query: &TokenQuery, now: Moment) -> bool {
        let held = self.held.as_ref().filter(|held| !held.state.is_set_aside);
        held.is_some_and(|held| matches(held, query, self.asked_at(now), now))
    }

    /// The present as an [`AskedAt`].
    pub fn asked_at(&self, now: Moment) -> AskedAt {
        AskedAt { boot: now.boot, latest_attempt: Some(Attempt(self.attempts)) }
    }

    /// Answers a caller whose attempt succeeded. One who needs a token that is requested later waits once more.
    pub fn serve_after_wait(&mut self, query: &TokenQuery, asked: AskedAt, now: Moment) -> Decision {
        let Some(held) = &self.held else { return Decision::Refuse(Refusal::CoolingDown(Duration::ZERO)) };
        match query.freshness {
            Freshness::Rejected(token) if held.fingerprint == token => {
                return Decision::Refuse(Refusal::SameToken);
            }
            Freshness::Fresh if !held.is_newer_than(asked) => {
                return self.request_since(&TokenQuery { has_code: false, ..*query }, asked, now);
            }
            Freshness::Valid | Freshness::Rejected(_) | Freshness::Fresh => {}
        }
        match held.refuse_min_validity(query.min_validity) {
            Some(refusal) => Decision::Refuse(refusal),
            None if held.satisfies(query.min_validity, now) => Decision::Serve(held.serve(now)),
            None => Decision::Refuse(Refusal::CoolingDown(Duration::ZERO)),
        }
    }

    /// The held token for a caller who waited for an attempt that failed, if it matches the query.
    pub fn serve_after_failure(
        &self,
        query: &TokenQuery,
        asked: AskedAt,
        now: Moment,
    ) -> Option<ServedToken> {
        self.held.as_ref().filter(|held| !held.state.is_set_aside)?;
        self.serve_at_timeout(query, asked, now)
    }

    /// The held token for a caller whose time is over, if it matches the query, even one that another caller rejected.
    pub fn serve_at_timeout(&self, query: &TokenQuery, asked: AskedAt, now: Moment) -> Option<ServedToken> {
        let held = self.held.as_ref()?;
        matches(held, query, asked, now).then(|| held.serve(now))
    }

    /// A report of the held token makes another one due; with no token held, it concerns the next one. Reports of other
    /// tokens are outdated. The first report sets the held token aside; callers who do not report it are served it again
    /// once no other token can be had for now.
    fn apply_rejection(&mut self, query: &TokenQuery, now: Moment) {
        let Freshness::Rejected(token) = query.freshness else { return };
        if self.held.as_ref().is_some_and(|held| held.fingerprint != token) {
            return;
        }
        let is_first = self.rejected.insert(token);
        if self.blocked_reason(query.has_code, now) == Some(Refusal::SecretRefused) {
            self.held = None;
        }
        let Some(held) = &mut self.held else { return };
        held.state.renewal = now;
        held.state.renewal_by_callers_only = false;
        // A repeated report without a code changes nothing.
        if is_first || (self.needs_code && query.has_code) {
            held.state.is_set_aside = true;
        }
    }

    /// Serves the held token again when no other can be had for now, or not before a caller brings a code.
    fn restore_if_none_can_follow(&mut self, has_code: bool, now: Moment) {
        if self.blocked_reason(has_code, now).is_some_and(|reason| reason != Refusal::SecretRefused) {
            self.restore_held();
        }
    }

    /// Why no attempt is in flight and none can start.
    fn blocked_reason(&self, has_code: bool, now: Moment) -> Option<Refusal> {
        self.refusal_reason(has_code, now).filter(|_| self.in_flight.is_none())
    }
}

/// Whether the held token is fresh enough and lives long enough.
fn matches(held: &HeldToken, query: &TokenQuery, asked: AskedAt, now: Moment) -> bool {
    let is_fresh_enough = match query.freshness {
        Freshness::Valid => true,
        Freshness::Rejected(token) => held.fingerprint != token,
        Freshness::Fresh => held.is_newer_than(asked),
    };
    is_fresh_enough && held.satisfies(query.min_validity, now)
}
