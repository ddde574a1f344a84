//! Owns the snapshot of a lease for the new process: everything but an attempt in flight, which must be over. Pure.

use cp_token_protocol::{Failure, ProfileName, handover};

use super::{HeldToken, Lease, RateLimiter, RejectedTokens};

impl Lease {
    /// The state that the new process needs.
    pub fn export_state(
        &self,
        profile: ProfileName,
        account: String,
        last_failure: Option<Failure>,
    ) -> handover::Lease {
        handover::Lease {
            profile,
            account,
            held: self.held.as_ref().map(|held| held.state.clone()),
            cooldown: self.cooldown,
            refused: self.refused,
            full_at: self.rate_limiter.full_at,
            last_asked: self.last_asked,
            rejected: self.rejected.fingerprints(),
            last_failure,
            refused_since: None,
        }
    }

    /// The lease that continues from this state.
    pub fn import_state(snapshot: handover::Lease, needs_code: bool) -> Self {
        Self {
            held: snapshot.held.map(HeldToken::import_state),
            cooldown: snapshot.cooldown,
            refused: snapshot.refused,
            rate_limiter: RateLimiter { full_at: snapshot.full_at },
            last_asked: snapshot.last_asked,
            rejected: RejectedTokens::import_state(&snapshot.rejected),
            needs_code,
            ..Self::default()
        }
    }
}
