//! Owns the lock's answer to a machine that is about to sleep. How the machine says so is `suspend`'s business.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::Failure;
use tokio::task::AbortHandle;

use super::derived_key::DerivedKey;
use super::{Lock, LockState};
use crate::lock::failure::sleep_unannounced;
use crate::lock::suspend::{SleepEvent, SleepWatch};

/// What to lock with when the machine is about to sleep.
pub(super) struct SuspendLock {
    pub(super) suspend_key: DerivedKey,
    pub(super) watch: Watching,
}

/// The task that waits for the machine to say so. It ends with this.
pub(super) struct Watching(AbortHandle);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Lock {
    /// Locks with this when the machine is about to sleep.
    pub(super) async fn arm(
        self: &Arc<Self>,
        state: &mut LockState,
        suspend_key: DerivedKey,
    ) -> Result<(), Failure> {
        let watch = SleepWatch::begin().await.map_err(|_unannounced| sleep_unannounced())?;
        let watch = tokio::spawn(Arc::clone(self).close_before_sleep(watch)).abort_handle();
        state.armed = Some(SuspendLock { suspend_key, watch: Watching(watch) });
        self.on_suspend.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The passphrase that has just unlocked is the one for the next sleep. What a person has to know of it.
    pub(super) async fn arm_again(
        self: &Arc<Self>,
        state: &mut LockState,
        suspend_key: DerivedKey,
    ) -> Option<String> {
        if self.arm(state, suspend_key).await.is_ok() {
            return None;
        }
        self.on_suspend.store(false, Ordering::Relaxed);
        tracing::warn!("sleep is no longer announced");
        Some(
            "it does not lock any more when the machine is about to sleep: the system no longer says so"
                .to_owned(),
        )
    }

    async fn close_before_sleep(self: Arc<Self>, mut watch: SleepWatch) {
        let word = watch.word().await;
        // In a task of its own: at its end the lock ends this one, and with it the delay that the machine grants.
        let _ = tokio::spawn(async move { self.close_with_latch(word).await }).await;
    }

    async fn close_with_latch(&self, word: SleepEvent) {
        let mut state = self.state.lock().await;
        let Some(SuspendLock { suspend_key, watch: _until_locked }) = state.armed.take() else { return };
        let outcome = self.engage(&mut state, suspend_key).await;
        match (outcome.is_ok(), word) {
            (true, SleepEvent::Sleep) => tracing::info!("locked before the machine sleeps"),
            (true, SleepEvent::Silence) => tracing::warn!("locked, because sleep is no longer announced"),
            (false, SleepEvent::Sleep | SleepEvent::Silence) => tracing::error!("could not be locked"),
        }
    }
}
