//! Owns an instant on the two clocks of the machine, and the arithmetic on it. It reads no clock.

use std::time::Duration;

use crate::wire::{Decode, Encode};

/// An instant on two clocks. A deadline is reached when either clock has passed it, so that neither suspend nor a
/// stepped wall clock extends a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Moment {
    /// Since the machine started, suspend included.
    pub boot: Duration,
    /// Since 1970, UTC.
    pub wall: Duration,
}

impl Moment {
    /// The instant `span` later, on both clocks.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self { boot: self.boot.saturating_add(span), wall: self.wall.saturating_add(span) }
    }

    /// The instant that is reached when both are reached.
    #[must_use]
    pub fn later_of(self, other: Moment) -> Self {
        Self { boot: self.boot.max(other.boot), wall: self.wall.max(other.wall) }
    }

    /// The time left until `deadline`, by the clock that is nearer to it.
    pub fn until(self, deadline: Moment) -> Duration {
        let boot = deadline.boot.saturating_sub(self.boot);
        let wall = deadline.wall.saturating_sub(self.wall);
        boot.min(wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: u64, wall: u64) -> Moment {
        Moment { boot: Duration::from_secs(boot), wall: Duration::from_secs(wall) }
    }

    #[test]
    fn f01_f03_the_nearer_clock_decides() {
        let deadline = at(100, 1000).after(Duration::from_secs(900));
        assert_eq!(at(100, 1000).until(deadline), Duration::from_secs(900));
        assert_eq!(at(400, 1000).until(deadline), Duration::from_secs(600), "suspended, wall set back");
        assert_eq!(at(100, 1500).until(deadline), Duration::from_secs(400), "wall set forward");
        assert_eq!(at(2000, 0).until(deadline), Duration::ZERO);
    }

    #[test]
    fn f04_no_span_overflows() {
        assert_eq!(at(1, 1).after(Duration::MAX).boot, Duration::MAX);
    }
}
