//! Owns the rate limit of a profile's token requests: a burst, then one a second (a token bucket). Pure.

use std::time::Duration;

use crate::base::clock::Moment;

const MAX_BURST: u32 = 8;
const REFILL_INTERVAL: Duration = Duration::from_secs(1);

/// Uses the boot clock alone, so that a change of the wall clock allows no extra request.
#[derive(Debug, Default)]
pub(super) struct RateLimiter {
    /// When the bucket is full again, on the boot clock. Each request adds one refill interval.
    pub(super) full_at: Duration,
}

impl RateLimiter {
    /// How long until a request is allowed; `None` if it is allowed now.
    pub(super) fn wait(&self, boot: Duration) -> Option<Duration> {
        let left = self.ready_at().saturating_sub(boot);
        (!left.is_zero()).then_some(left)
    }

    /// When a request is allowed, as a deadline on the boot clock alone.
    pub(super) fn ready(&self) -> Moment {
        Moment { boot: self.ready_at(), wall: Duration::MAX }
    }

    pub(super) fn take(&mut self, boot: Duration) {
        self.full_at = self.full_at.max(boot) + REFILL_INTERVAL;
    }

    fn ready_at(&self) -> Duration {
        self.full_at.saturating_sub(REFILL_INTERVAL * (MAX_BURST - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_at_once_then_one_a_second() {
        let mut rate_limiter = RateLimiter::default();
        let mut taken = 0;
        for millisecond in 0..10_000 {
            let boot = Duration::from_millis(1_000_000 + millisecond);
            while rate_limiter.wait(boot).is_none() {
                rate_limiter.take(boot);
                taken += 1;
            }
        }
        assert_eq!(taken, 8 + 9);
    }
}
