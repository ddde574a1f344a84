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
                let kind = self.shared(kind_of(&error, profile));
                self.refused = kind == FailureKind::Final;
                assert!(self.lease.on_request_failed(attempt, kind, now, jitter));
                match kind {
                    FailureKind::Transient { .. } | FailureKind::Local(_) | FailureKind::Paused { .. } => {
                        self.is_outage()
                    }
                    FailureKind::Final | FailureKind::Refused(_) => self.is_answered(),
                }
                self.ends_with_forget = matches!(
                    kind,
                    FailureKind::Refused(_)
                        | FailureKind::Local(_)
                        | FailureKind::Paused { ends_with_forget: true, .. }
                );
                // A request was made, so the pause before is over, whatever a clock will say.
                self.pause = match kind {
                    FailureKind::Transient { retry_after, cap } => {
                        Some(policy::back_off(1, cap, retry_after, 0.0))
                    }
                    FailureKind::Refused(cap) | FailureKind::Local(cap) => {
                        Some(policy::back_off(1, cap, None, 0.0))
                    }
                    FailureKind::Paused { left, .. } => Some(left),
                    FailureKind::Final => None,
                }
                .map(|pause| now.after(pause));
            }
        }
        self.tell_why();
    }

    /// The credential may be other profiles', too, and its pause as long as what they have met.
    fn shared(&mut self, kind: FailureKind) -> FailureKind {
        let ends_with_forget = matches!(kind, FailureKind::Local(_));
        let is_ours = ends_with_forget || matches!(kind, FailureKind::Transient { retry_after: None, .. });
        if is_ours && self.random.one_in(2) {
            return FailureKind::Paused { left: self.random.milliseconds(60_000), ends_with_forget };
        }
        kind
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
