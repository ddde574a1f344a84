//! Owns the promises of one lease: how often a server is asked, and which token is served to whom.

use cp_tokend::lease::{Demand, Served};

use super::{Waiter, World};

impl World {
    /// Liveness: in any span, eight requests and one more for each second.
    pub(super) fn count_order(&mut self) {
        self.orders.push_back(self.now.boot);
        for (index, earlier) in self.orders.iter().enumerate() {
            let count = (self.orders.len() - index) as u64;
            let span = self.now.boot - *earlier;
            assert!(self.told.is_some() || count <= 9 + span.as_secs(), "{count} requests in {span:?}");
        }
    }

    pub(super) fn check_served(&self, served: &Served, waiter: &Waiter) {
        let ask = &waiter.ask;
        let known = self.issued.last().expect("a token that was accepted");
        assert_eq!(served.token.expose(), known.text.as_bytes(), "the token in hand and no other");
        assert!(!known.rejected, "a rejected token was served");
        let is_fresh = known.ordered_at >= waiter.number;
        assert!(
            is_fresh || !matches!(ask.demand, Demand::Fresh),
            "a token that was requested before it was asked for"
        );
        let left = self.now.until(known.sent.after(known.life));
        assert!(!left.is_zero(), "a token past its life");
        assert!(served.remaining < left, "the life that is shown is less than the true one");
        assert!(ask.min_validity.is_none_or(|asked| left >= asked), "less life than asked for");
    }
}
