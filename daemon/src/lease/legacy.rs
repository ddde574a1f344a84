//! Owns what of a lease outlives its daemon: all but an attempt under way, which must be over by then. Pure.

use cp_token_protocol::{Failure, ProfileName, handover};

use super::{Bucket, Cooling, Held, Lease, Rejected};

impl Lease {
    /// What the next daemon has to know.
    pub fn bequeath(
        &self,
        profile: ProfileName,
        account: String,
        last_failure: Option<Failure>,
    ) -> handover::Lease {
        handover::Lease {
            profile,
            account,
            held: self.held.as_ref().map(Held::bequeath),
            cooling: self.cooling.map(Cooling::bequeath),
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
            held: legacy.held.map(Held::inherited),
            cooling: legacy.cooling.map(Cooling::inherited),
            refused: legacy.refused,
            bucket: Bucket::inherited(legacy.full_at),
            last_asked: legacy.last_asked,
            rejected: Rejected::inherited(&legacy.rejected),
            needs_code,
            ..Self::default()
        }
    }
}
