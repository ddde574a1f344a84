//! Owns what of a lease outlives its daemon: all but an attempt under way, which must be over by then. Pure.

use cp_token_protocol::{Failure, ProfileName, handover};

use super::{Cooldown, HeldToken, Lease, RateLimiter, Rejected};

impl Lease {
    /// What the next daemon has to know.
    pub fn export_state(
        &self,
        profile: ProfileName,
        account: String,
        last_failure: Option<Failure>,
    ) -> handover::Lease {
        handover::Lease {
            profile,
            account,
            held: self.held.as_ref().map(HeldToken::export_state),
            cooling: self.cooling.map(Cooldown::export_state),
            refused: self.refused,
            full_at: self.bucket.full_at(),
            last_asked: self.last_asked,
            rejected: self.rejected.fingerprints(),
            last_failure,
            refused_since: None,
        }
    }

    /// The lease that goes on from there.
    pub fn inherited(legacy: handover::Lease, needs_code: bool) -> Self {
        Self {
            held: legacy.held.map(HeldToken::inherited),
            cooling: legacy.cooling.map(Cooldown::inherited),
            refused: legacy.refused,
            bucket: RateLimiter::inherited(legacy.full_at),
            last_asked: legacy.last_asked,
            rejected: Rejected::inherited(&legacy.rejected),
            needs_code,
            ..Self::default()
        }
    }
}
