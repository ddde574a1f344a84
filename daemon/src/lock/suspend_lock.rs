//! Owns the lock that is taken when the machine is about to sleep. How the machine announces that is `suspend`'s business.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::Failure;
use tokio::task::JoinSet;

use super::derived_key::DerivedKey;
use super::{Lock, LockState};
use crate::lock::failure::sleep_signal_unavailable;
use crate::lock::suspend::{SleepEvent, SleepWatch};

/// What to lock with when the machine is about to sleep.
pub(super) struct SuspendLock {
    pub(super) key: DerivedKey,
    /// The task that waits for the sleep signal; dropping this ends it.
    pub(super) watch: JoinSet<()>,
}

impl Lock {
    /// Locks with this key when the machine is about to sleep.
    pub(super) async fn arm(self: &Arc<Self>, state: &mut LockState, key: DerivedKey) -> Result<(), Failure> {
        let signal = SleepWatch::start().await.ok_or_else(sleep_signal_unavailable)?;
        let mut watch = JoinSet::new();
        watch.spawn(Arc::clone(self).lock_before_sleep(signal));
        state.suspend_lock = Some(SuspendLock { key, watch });
        self.on_suspend.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Locks with the passphrase that has just unlocked at the next sleep. Returns a warning if that is not possible.
    pub(super) async fn rearm(self: &Arc<Self>, state: &mut LockState, key: DerivedKey) -> Option<String> {
        if self.arm(state, key).await.is_ok() {
            return None;
        }
        self.on_suspend.store(false, Ordering::Relaxed);
        tracing::warn!("sleep is no longer announced");
        Some(
            "it does not lock any more when the machine is about to sleep: the system no longer says so"
                .to_owned(),
        )
    }

    async fn lock_before_sleep(self: Arc<Self>, mut watch: SleepWatch) {
        let event = watch.next_event().await;
        // In a task of its own: locking aborts this task, and with it the delay that the machine grants.
        let _ = tokio::spawn(async move { self.lock_on(event).await }).await;
    }

    async fn lock_on(&self, event: SleepEvent) {
        let mut state = self.state.lock().await;
        let Some(SuspendLock { key, watch: _until_locked }) = state.suspend_lock.take() else { return };
        let result = self.lock_now(&mut state, key).await;
        match (result.is_ok(), event) {
            (true, SleepEvent::Sleep) => tracing::info!("locked before the machine sleeps"),
            (true, SleepEvent::SignalLost) => tracing::warn!("locked, because sleep is no longer announced"),
            (false, SleepEvent::Sleep | SleepEvent::SignalLost) => tracing::error!("could not be locked"),
        }
    }
}
