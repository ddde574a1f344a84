//! Owns the pauses between token requests: whose wish each is, and how much of it is left. Pure.

use cp_token_protocol::handover;

use super::{RateLimiter, Refusal};
use crate::base::clock::Moment;

/// The pause after a failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cooldown {
    pub(super) until: Moment,
    pub(super) failures: u32,
    /// Whether the server has asked for it. What is only our own is over with another way to the server.
    pub(super) is_asked_for: bool,
    /// Whether it is for something that a person fixes, who says so with `forget`.
    pub(super) ends_with_forget: bool,
}

impl Cooldown {
    pub(super) fn export_state(self) -> handover::Cooldown {
        let Self { until, failures, is_asked_for, ends_with_forget } = self;
        handover::Cooldown { until: until.into(), failures, is_asked_for, ends_with_forget }
    }

    pub(super) fn inherited(legacy: handover::Cooldown) -> Self {
        let handover::Cooldown { until, failures, is_asked_for, ends_with_forget } = legacy;
        Self { until: until.into(), failures, is_asked_for, ends_with_forget }
    }
}

/// Why no request is made now, though one can be made later.
pub(super) fn left(cooling: Option<Cooldown>, bucket: &RateLimiter, now: Moment) -> Option<Refusal> {
    let cooling = cooling.map(|cooling| now.until(cooling.until)).filter(|left| !left.is_zero());
    cooling.map(Refusal::CoolingDown).or_else(|| bucket.wait(now.boot).map(Refusal::Throttled))
}
