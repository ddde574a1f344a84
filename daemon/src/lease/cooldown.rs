//! Owns the pauses between token requests: who asked for a pause, and how much of it is left. Pure.

use cp_token_protocol::handover;

use super::{RateLimiter, Refusal};
use crate::base::clock::Moment;

/// The pause after a failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cooldown {
    pub(super) until: Moment,
    pub(super) failures: u32,
    /// Whether the server asked for it. A pause of our own ends when the route to the server changes.
    pub(super) is_asked_for: bool,
    /// Whether a person can fix the cause, and says so with `forget`.
    pub(super) ends_with_forget: bool,
}

impl Cooldown {
    pub(super) fn export_state(self) -> handover::Cooldown {
        let Self { until, failures, is_asked_for, ends_with_forget } = self;
        handover::Cooldown { until: until.into(), failures, is_asked_for, ends_with_forget }
    }

    pub(super) fn import_state(snapshot: handover::Cooldown) -> Self {
        let handover::Cooldown { until, failures, is_asked_for, ends_with_forget } = snapshot;
        Self { until: until.into(), failures, is_asked_for, ends_with_forget }
    }
}

/// Why no request is made now, though one can be made later.
pub(super) fn remaining_pause(
    cooldown: Option<Cooldown>,
    rate_limiter: &RateLimiter,
    now: Moment,
) -> Option<Refusal> {
    let left = cooldown.map(|cooldown| now.until(cooldown.until)).filter(|left| !left.is_zero());
    left.map(Refusal::CoolingDown).or_else(|| rate_limiter.wait(now.boot).map(Refusal::Throttled))
}
