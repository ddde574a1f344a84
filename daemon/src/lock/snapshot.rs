//! Owns what of the lock outlives its daemon: the seal as it is, the cost of guesses, and what to lock with when the
//! machine is about to sleep.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::{Failure, Secret, handover};
use tokio::sync::MutexGuard;

use super::delay::Delay;
use super::derived_key::DerivedKey;
use super::seal::Sealed;
use super::{Lock, LockState};

/// That no passphrase is being looked at and nothing is being locked, for as long as it is kept.
pub struct PassphraseIdle<'l>(MutexGuard<'l, LockState>);

impl Lock {
    /// The quiet; nothing where a passphrase is being looked at.
    pub fn try_idle(&self) -> Option<PassphraseIdle<'_>> {
        self.state.try_lock().ok().map(PassphraseIdle)
    }

    /// What the next daemon has to know, and the sealed text; nothing where the lock is open and not armed.
    pub fn export_state(&self, quiet: &PassphraseIdle<'_>) -> Option<(handover::Lock, Option<Secret>)> {
        let state = &quiet.0;
        let (wrong, until) = state.delay.parts();
        let sealed = state.sealed.as_ref().map(Sealed::parts);
        let suspend_key = state.armed.as_ref().map(|armed| armed.suspend_key.parts());
        let on_suspend = self.locks_on_suspend();
        if sealed.is_none() && suspend_key.is_none() {
            return None;
        }
        let text = sealed.map(|(_, text)| Secret::copy_of(text.expose()));
        let seal = sealed.map(|(seal, _)| seal);
        Some((handover::Lock { seal, on_suspend, suspend_key, wrong, until }, text))
    }

    /// Takes it over. To be called before anybody is let in.
    ///
    /// # Errors
    /// [`Failure`] where the system does not say any more when it is about to sleep.
    pub async fn import_state(self: &Arc<Self>, legacy: handover::Lock, text: Secret) -> Result<(), Failure> {
        let mut state = self.state.lock().await;
        if let Some(seal) = legacy.seal {
            self.rooms.lock_flag.lock();
            self.rooms.broker.lock();
            drop(self.rooms.memory.take_secrets());
            state.sealed = Some(Sealed::inherited(seal, text));
            state.delay = Delay::inherited(legacy.wrong, legacy.until);
        }
        if let Some(suspend_key) = legacy.suspend_key {
            self.arm(&mut state, DerivedKey::inherited(suspend_key)).await?;
        }
        self.on_suspend.store(legacy.on_suspend, Ordering::Relaxed);
        Ok(())
    }
}
