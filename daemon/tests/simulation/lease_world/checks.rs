//! Owns the promises of one lease: how often a server is asked, and which token is served to whom.

use std::time::Duration;

use cp_tokend::lease::{
    Acceptance, Decision, FailureKind, Freshness, Refusal, ServedToken, TokenFingerprint, TokenQuery, policy,
};

use super::{Known, Waiter, World, token};

impl World {
    /// Liveness: in any span, eight requests and one more for each second.
    pub(super) fn count_order(&mut self) {
        self.orders.push_back(self.now.boot);
        for (index, earlier) in self.orders.iter().enumerate() {
            let count = (self.orders.len() - index) as u64;
            let span = self.now.boot - *earlier;
            assert!(self.message.is_some() || count <= 9 + span.as_secs(), "{count} requests in {span:?}");
        }
    }

    pub(super) fn check_served(&self, served: &ServedToken, waiter: &Waiter) {
        let query = &waiter.query;
        let known = self.issued.last().expect("a token that was accepted");
        assert_eq!(served.token.expose(), known.text.as_bytes(), "the token in hand and no other");
        assert!(
            !known.is_gone,
            "a token was served that had ended, or that was rejected before the server answered"
        );
        assert!(!known.set_aside, "a rejected token was served while another was being requested");
        let reported = matches!(query.freshness, Freshness::Rejected(token) if token == TokenFingerprint::of(&served.token));
        assert!(!reported, "a rejected token was served to who reported it");
        let is_fresh = known.ordered_at >= waiter.number;
        assert!(
            is_fresh || !matches!(query.freshness, Freshness::Fresh),
            "a token that was requested before it was asked for"
        );
        let left = self.now.until(known.sent.after(known.life));
        assert!(!left.is_zero(), "a token past its life");
        assert!(served.remaining < left, "the life that is shown is less than the true one");
        assert!(query.min_validity.is_none_or(|asked| left >= asked), "less life than asked for");
    }

    /// Only a report of the token in hand counts: any other is old news. While another one is requested, nobody is
    /// served it, and while none can be requested, it stays for those who do not report it.
    pub(super) fn note_rejection(&mut self, query: &TokenQuery, decision: &Decision) {
        let Freshness::Rejected(reported) = query.freshness else { return };
        let last = self.issued.last_mut().filter(|last| TokenFingerprint::of(&token(&last.text)) == reported);
        let Some(last) = last else { return };
        match decision {
            // Where the request cannot be met anyway, nobody hears whether it stays.
            Decision::Refuse(
                Refusal::CoolingDown(_)
                | Refusal::Throttled(_)
                | Refusal::MinValidity { .. }
                | Refusal::CodeNeeded,
            ) => last.reported = true,
            Decision::Refuse(_) => last.is_gone = true,
            Decision::Wait(_) => {
                last.set_aside |= !last.reported || (self.needs_code && query.has_code);
                last.reported = true;
            }
            Decision::Serve(served) => {
                assert!(TokenFingerprint::of(&served.token) != reported, "served to who reported it")
            }
        }
    }

    /// An answer that nobody waits for any more.
    pub(super) fn late_answer(&mut self) {
        let Some((attempt, sent)) = self.overtaken.pop() else { return };
        let before = format!("{:?}", self.lease);
        let life = Duration::from_secs(900);
        let late = token(&format!("late-{}", self.random.number()));
        assert_eq!(
            self.lease.on_token_issued(attempt, late, life, sent, self.moment(), 0.5),
            Acceptance::Superseded
        );
        assert!(!self.lease.on_request_failed(attempt, FailureKind::Final, self.moment(), 0.5));
        assert_eq!(format!("{:?}", self.lease), before, "a late result changes nothing");
    }

    /// Whether the token in hand lives and is what this caller wants, so that no outage is a reason to refuse it.
    pub(super) fn has_one_for(&self, query: &TokenQuery) -> bool {
        let is_any = matches!(query.freshness, Freshness::Valid) && query.min_validity.is_none();
        is_any && self.issued.last().is_some_and(|known| !known.is_gone && !self.has_expired(known))
    }

    /// Whoever is asked now lets go of a token whose life is over, and a clock that is set back brings none back.
    pub(super) fn end_lives(&mut self) {
        let has_expired = self.issued.last().is_some_and(|known| self.has_expired(known));
        if let Some(known) = self.issued.last_mut() {
            known.is_gone |= has_expired;
        }
    }

    fn has_expired(&self, known: &Known) -> bool {
        self.moment().until(known.sent.after(known.life - policy::margin(known.life))).is_zero()
    }

    /// The server has issued a token or refused: a token that was reported goes.
    pub(super) fn is_answered(&mut self) {
        if let Some(known) = self.issued.last_mut() {
            known.is_gone |= known.reported;
        }
    }

    /// No other token is to be had for now: one that was reported serves again those who do not report it.
    pub(super) fn is_outage(&mut self) {
        if let Some(known) = self.issued.last_mut() {
            known.set_aside = false;
        }
    }

    /// Whoever waited for an attempt that failed is served the token in hand, or told why there is none.
    pub(super) fn tell_why(&mut self) {
        for (waiter, _) in std::mem::take(&mut self.waiting) {
            let served = self.lease.serve_after_failure(&waiter.query, waiter.asked, self.moment());
            match served {
                Some(served) => self.check_served(&served, &waiter),
                None => assert!(!self.has_one_for(&waiter.query), "told of an outage beside a live token"),
            }
        }
    }
}
