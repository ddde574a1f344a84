//! Owns the snapshot of the broker for the new process, and the pause of renewals while it is taken.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::handover;

use super::{Broker, Slot};
use crate::lease::{Lease, LeaseStatus};
use crate::profile::Profile;

impl Broker {
    /// Pauses or resumes renewals ahead of expiry. A renewal that was due meanwhile is made afterwards.
    pub fn pause_renewals(&self, is_paused: bool) {
        let slots = self.slots();
        self.renewals_paused.store(is_paused, Ordering::Relaxed);
        // Callers who wait for the end of a pause ask again.
        slots.values().for_each(|slot| slot.pause_changed.notify_waiters());
        self.timer_changed.notify_one();
    }

    /// Whether no token request is in flight.
    pub fn is_idle(&self) -> bool {
        self.slots().values().all(|slot| slot.task.is_none())
    }

    /// The state of every lease.
    pub fn export_state(&self) -> Vec<handover::Lease> {
        let export = |slot: &Slot| {
            let account = slot.profile.secret_key().account();
            handover::Lease {
                refused_since: slot.refused_since,
                ..slot.lease.export_state(slot.profile.name.clone(), account, slot.last_failure.clone())
            }
        };
        self.slots().values().map(export).collect()
    }

    /// Imports the lease of this profile; returns whether it holds a live token.
    pub fn import_state(&self, profile: &Arc<Profile>, mut snapshot: handover::Lease) -> bool {
        let mut slot = Slot::new(profile);
        slot.last_failure = snapshot.last_failure.take();
        slot.refused_since = snapshot.refused_since;
        slot.lease = Lease::import_state(snapshot, profile.needs_code());
        let is_live = matches!(slot.lease.status(self.clock.now()), LeaseStatus::Live { .. });
        self.slots().insert(profile.name.clone(), slot);
        self.timer_changed.notify_one();
        is_live
    }
}
