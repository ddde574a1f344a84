//! Owns what the server says to the attempt of one lease, and what becomes of those who wait for it.

use std::time::Duration;

use cp_tokend::base::clock::Moment;
use cp_tokend::lease::{Acceptance, Attempt, Decision, FailureKind, Freshness, policy};
use cp_tokend::token_request::failure::kind_of;

use super::{Known, World};
use crate::profiles::{CLIENT, READER};
use crate::server;

impl World {
    pub(super) fn answer(&mut self) {
        let Some((attempt, sent)) = self.in_flight.take() else { return };
        let reissue =
            self.random.one_in(6).then(|| self.issued.last().map(|known| known.text.clone())).flatten();
        let text = reissue.unwrap_or_else(|| format!("token-{}", self.random.number()));
        let jitter = self.random.fraction();
        let now = self.moment();
        let answered = match self.is_hasty {
            true => server::token_response(&text),
            false => server::answer(&mut self.random, &text, sent.wall),
        };
        match answered {
            Ok(issued) => {
                let life = issued.life;
                match self.lease.on_token_issued(attempt, issued.token, life, sent, now, jitter) {
                    Acceptance::Held => {
                        self.accepted(text, sent, life);
                        return self.finish_attempt(attempt);
                    }
                    Acceptance::Superseded => panic!("the attempt under way is not late"),
                    Acceptance::NoLife | Acceptance::Expired | Acceptance::Rejected => self.pause = None,
                }
                self.is_answered();
            }
            Err(error) => {
                let profile = if self.is_only_read { &READER } else { &CLIENT };
                let kind = kind_of(&error, profile);
                self.refused = kind == FailureKind::Final;
                assert!(self.lease.on_request_failed(attempt, kind, now, jitter));
                match kind {
                    FailureKind::Transient { .. } | FailureKind::Local { .. } => self.is_outage(),
                    FailureKind::Final | FailureKind::Refused { .. } => self.is_answered(),
                }
                self.ends_with_forget =
                    matches!(kind, FailureKind::Refused { .. } | FailureKind::Local { .. });
                // A request was made, so the pause before is over, whatever a clock will say.
                self.pause = match kind {
                    FailureKind::Transient { retry_after, cap } => Some((retry_after, cap)),
                    FailureKind::Refused { cap } | FailureKind::Local { cap } => Some((None, cap)),
                    FailureKind::Final => None,
                }
                .map(|(asked_for, cap)| now.after(policy::back_off(1, cap, asked_for, 0.0)));
            }
        }
        self.tell_why();
    }

    fn accepted(&mut self, text: String, sent: Moment, life: Duration) {
        let again = self.issued.iter().any(|known| known.text == text && known.reported);
        assert!(!again, "a rejected token was accepted again");
        assert!(life <= Duration::from_secs(24 * 3600));
        (self.refused, self.pause) = (false, None);
        let ordered_at = self.ordered_at;
        let (reported, set_aside, is_gone) = (false, false, false);
        self.issued.push(Known { text, ordered_at, sent, life, reported, set_aside, is_gone });
    }

    /// One outcome answers everybody who waited for the attempt, and nobody else waits. Only who wants a token that was
    /// requested later waits for another.
    fn finish_attempt(&mut self, attempt: Attempt) {
        for (waiter, awaited) in std::mem::take(&mut self.waiting) {
            assert_eq!(awaited, attempt, "a waiter waits for one attempt at a time");
            let decision = self.lease.serve_after_wait(&waiter.query, waiter.asked, self.moment());
            let waits_on = matches!(decision, Decision::Wait(_));
            assert!(!waits_on || matches!(waiter.query.freshness, Freshness::Fresh), "one attempt is enough");
            self.follow(waiter, decision, false);
        }
    }
}
