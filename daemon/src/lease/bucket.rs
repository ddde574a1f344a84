//! Owns a profile's share of token requests: a few at once, then one a second, whatever is asked. Pure.

use std::time::Duration;

use crate::base::clock::Moment;

const CAPACITY: u32 = 8;
const REFILL: Duration = Duration::from_secs(1);

/// Counts on the boot clock alone: setting the wall clock buys no request.
#[derive(Debug, Default)]
pub(super) struct RateLimiter {
    /// When the bucket was, or will be, full again. Each request moves it on by one refill.
    full_at: Duration,
}

impl RateLimiter {
    /// How long until a request may be taken; none, where it may be taken now.
    pub(super) fn wait(&self, boot: Duration) -> Option<Duration> {
        let left = self.ready_at().saturating_sub(boot);
        (!left.is_zero()).then_some(left)
    }

    /// When a request may be taken, as a deadline that the wall clock has no part in.
    pub(super) fn ready(&self) -> Moment {
        Moment { boot: self.ready_at(), wall: Duration::MAX }
    }

    pub(super) fn take(&mut self, boot: Duration) {
        self.full_at = self.full_at.max(boot) + REFILL;
    }

    pub(super) fn full_at(&self) -> Duration {
        self.full_at
    }

    pub(super) fn inherited(full_at: Duration) -> Self {
        Self { full_at }
    }

    fn ready_at(&self) -> Duration {
        self.full_at.saturating_sub(REFILL * (CAPACITY - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_at_once_then_one_a_second() {
        let mut bucket = RateLimiter::default();
        let mut taken = 0;
        for millisecond in 0..10_000 {
            let boot = Duration::from_millis(1_000_000 + millisecond);
            while bucket.wait(boot).is_none() {
                bucket.take(boot);
                taken += 1;
            }
        }
        assert_eq!(taken, 8 + 9);
    }
}
