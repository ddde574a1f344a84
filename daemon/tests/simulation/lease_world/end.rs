//! Owns the end of a history of one lease: it ends well, and then nobody asks any more.

use std::time::Duration;

use cp_tokend::lease::{Acceptance, Decision, Freshness, TokenQuery};

use super::{World, token};

impl World {
    /// Whatever happened, the history ends well: once the server answers, a caller is served.
    pub(super) fn end(&mut self) {
        self.lease.reset();
        self.in_flight = None;
        self.pause = None;
        self.refused = false;
        self.issued.clear();
        self.pass(Duration::from_secs(600));
        let query = TokenQuery { freshness: Freshness::Valid, min_validity: None, has_code: true };
        let asked = self.lease.asked_at(self.now);
        assert!(matches!(self.lease.request_since(&query, asked, self.now), Decision::Wait(_)));
        let attempt = self.lease.poll_effect().expect("an order");
        let answered = self.lease.on_token_issued(
            attempt,
            token("the-last"),
            Duration::from_secs(900),
            self.now,
            self.now,
            0.0,
        );
        assert_eq!(answered, Acceptance::Held);
        let asked = self.lease.asked_at(self.now);
        assert!(matches!(self.lease.serve_after_wait(&query, asked, self.now), Decision::Serve(_)));
        self.no_request_when_nobody_asks();
    }

    fn no_request_when_nobody_asks(&mut self) {
        let mut wakes = 0;
        while let Some(due) = self.lease.poll_timeout() {
            self.pass(self.now.until(due).clamp(Duration::from_millis(5), Duration::from_secs(30)));
            self.lease.handle_timeout(self.now);
            assert_eq!(self.lease.poll_effect(), None, "an idle machine requests nothing");
            wakes += 1;
            assert!(wakes < 100, "an idle lease falls asleep");
        }
    }
}
