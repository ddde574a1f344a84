//! Owns the snapshot of the lock for the new process: the seal, the pause after wrong passphrases, and the lock at the next
//! sleep.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::{Failure, Secret, handover};
use tokio::sync::MutexGuard;

use super::derived_key::DerivedKey;
use super::passphrase_delay::PassphraseDelay;
use super::seal::Sealed;
use super::{Lock, LockState};

/// Guarantees, until it is dropped, that no passphrase is checked and nothing is locked or unlocked.
pub struct PassphraseIdle<'l>(MutexGuard<'l, LockState>);

impl Lock {
    /// The guard; `None` while a passphrase is being checked.
    pub fn try_idle(&self) -> Option<PassphraseIdle<'_>> {
        self.state.try_lock().ok().map(PassphraseIdle)
    }

    /// The state that the new process needs, and the sealed text; `None` if the daemon is unlocked and does not lock at the
    /// next sleep.
    pub fn export_state(&self, idle: &PassphraseIdle<'_>) -> Option<(handover::Lock, Option<Secret>)> {
        let LockState { sealed, suspend_lock, delay } = &*idle.0;
        if sealed.is_none() && suspend_lock.is_none() {
            return None;
        }
        let (seal, text) = sealed.as_ref().map(Sealed::export_state).unzip();
        let suspend_key = suspend_lock.as_ref().map(|suspend_lock| suspend_lock.key.export_state());
        let on_suspend = self.locks_on_suspend();
        Some((handover::Lock { seal, on_suspend, suspend_key, wrong: delay.wrong, until: delay.until }, text))
    }

    /// Imports the state, before any connection is accepted. Fails if the system no longer announces sleep.
    pub async fn import_state(
        self: &Arc<Self>,
        snapshot: handover::Lock,
        text: Secret,
    ) -> Result<(), Failure> {
        let mut state = self.state.lock().await;
        if let Some(seal) = snapshot.seal {
            self.deps.lock_flag.lock();
            self.deps.broker.lock();
            drop(self.memory.take_secrets());
            state.sealed = Some(Sealed { seal, text });
            state.delay = PassphraseDelay { wrong: snapshot.wrong, until: snapshot.until };
        }
        if let Some(key) = snapshot.suspend_key {
            self.arm(&mut state, DerivedKey::import_state(key)).await?;
        }
        self.on_suspend.store(snapshot.on_suspend, Ordering::Relaxed);
        Ok(())
    }
}
