//! Owns the lock of a simulated broker, and the judgement of what happens while it is closed: no attempt lives, none
//! begins, and every caller is told so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cp_token_protocol::{ErrorCode, Failure};
use cp_tokend::broker::Broker;
use cp_tokend::lease::ServedToken;

/// Knows whether the broker is closed and how many attempts are under way.
#[derive(Default)]
pub(crate) struct LockChecker {
    closed: AtomicBool,
    attempts: AtomicUsize,
}

/// An attempt; counted for as long as it lives.
pub(crate) struct Attempt(Arc<LockChecker>);

impl Attempt {
    pub(crate) fn begin(checker: &Arc<LockChecker>) -> Self {
        checker.attempts.fetch_add(1, Ordering::Relaxed);
        let attempt = Self(Arc::clone(checker));
        attempt.must_be_wanted();
        attempt
    }

    /// One that is polled while the broker is closed was not dropped.
    pub(crate) fn must_be_wanted(&self) {
        assert!(!self.0.is_locked(), "an attempt goes on behind the lock");
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.attempts.fetch_sub(1, Ordering::Relaxed);
    }
}

impl LockChecker {
    pub(crate) fn is_locked(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Closes an open broker, and opens a closed one.
    pub(crate) async fn turn(&self, broker: &Broker) {
        if self.closed.fetch_xor(true, Ordering::Relaxed) {
            return broker.unlock();
        }
        broker.lock();
        tokio::task::yield_now().await;
        assert_eq!(self.attempts.load(Ordering::Relaxed), 0, "an attempt outlives the lock");
    }

    /// What a caller was told who asked while it was closed.
    pub(crate) fn check(outcome: &Result<ServedToken, Failure>) {
        let message = outcome.as_ref().err().map(|failure| failure.code);
        assert_eq!(message, Some(ErrorCode::LOCKED), "somebody was served behind the lock");
    }
}
