//! Owns what of the broker outlives its daemon, and the quiet in which that is taken.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::handover;

use super::{Broker, Slot};
use crate::lease::{Lease, LeaseStatus};
use crate::profile::Profile;

impl Broker {
    /// Starts no renewal for which nobody waits, or does so again. A renewal that was held back is not forgotten.
    pub fn pause_renewals(&self, held_back: bool) {
        let entries = self.entries();
        self.held_back.store(held_back, Ordering::Relaxed);
        // Those who wait for the end of a pause ask again, and hear of it.
        entries.values().for_each(|entry| entry.news.notify_waiters());
        self.timer_changed.notify_one();
    }

    /// Whether no token request is under way.
    pub fn is_idle(&self) -> bool {
        self.entries().values().all(|entry| !entry.is_at_work())
    }

    /// What every lease is made of.
    pub fn export_state(&self) -> Vec<handover::Lease> {
        let export_state = |entry: &Slot| {
            let profile = &entry.profile;
            let account = profile.secret_key().account();
            let (failure, refused_since) = (entry.last_failure.clone(), entry.refused_since);
            handover::Lease {
                refused_since,
                ..entry.lease.export_state(profile.name.clone(), account, failure)
            }
        };
        self.entries().values().map(export_state).collect()
    }

    /// Takes over the lease of this profile; whether a live token came with it.
    pub fn import_state(&self, profile: &Arc<Profile>, mut legacy: handover::Lease) -> bool {
        let mut entry = Slot::new(profile);
        entry.last_failure = legacy.last_failure.take();
        entry.refused_since = legacy.refused_since;
        entry.lease = Lease::inherited(legacy, profile.needs_code());
        let is_live = matches!(entry.lease.status(self.clock.now()), LeaseStatus::Live { .. });
        self.entries().insert(profile.name.clone(), entry);
        self.timer_changed.notify_one();
        is_live
    }
}
