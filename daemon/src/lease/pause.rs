//! Owns the pauses between token requests: whose wish each is, and how much of it is left. Pure.

use cp_token_protocol::handover;

use super::{Bucket, Refusal};
use crate::clock::Moment;

/// The pause after a failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cooling {
    pub(super) until: Moment,
    pub(super) failures: u32,
    /// Whether the server has asked for it. What is only our own is over with another way to the server.
    pub(super) is_asked_for: bool,
    /// Whether it is for something that a person mends, who says so with `forget`.
    pub(super) ends_with_forget: bool,
}

impl Cooling {
    pub(super) fn bequeath(self) -> handover::Cooling {
        let Self { until, failures, is_asked_for, ends_with_forget } = self;
        handover::Cooling { until: until.into(), failures, is_asked_for, ends_with_forget }
    }

    pub(super) fn inherited(legacy: handover::Cooling) -> Self {
        let handover::Cooling { until, failures, is_asked_for, ends_with_forget } = legacy;
        Self { until: until.into(), failures, is_asked_for, ends_with_forget }
    }
}

/// Why no request is made now, though one can be made later.
pub(super) fn left(cooling: Option<Cooling>, bucket: &Bucket, now: Moment) -> Option<Refusal> {
    let cooling = cooling.map(|cooling| now.until(cooling.until)).filter(|left| !left.is_zero());
    cooling.map(Refusal::CoolingDown).or_else(|| bucket.wait(now.boot).map(Refusal::Throttled))
}
