//! Owns the flag that says whether the daemon is locked. It knows neither passphrases nor secrets.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Set while the daemon is locked.
#[derive(Debug, Default)]
pub struct LockFlag {
    locked: AtomicBool,
    locking: Notify,
}

impl LockFlag {
    /// Whether the daemon is locked.
    pub fn is_locked(&self) -> bool {
        self.locked.load(Ordering::Acquire)
    }

    /// Waits until the daemon is locked.
    pub async fn locked(&self) {
        loop {
            // Created before the check, so that no notification is missed.
            let locking = self.locking.notified();
            if self.is_locked() {
                return;
            }
            locking.await;
        }
    }

    /// Locks: no caller is answered any more.
    pub fn lock(&self) {
        self.locked.store(true, Ordering::Release);
        self.locking.notify_waiters();
    }

    /// Unlocks: callers are answered again.
    pub fn unlock(&self) {
        self.locked.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_waiter_is_notified_and_a_late_one_does_not_wait() {
        let lock_flag = Arc::new(LockFlag::default());
        let waiting = Arc::clone(&lock_flag);
        let waiting = tokio::spawn(async move { waiting.locked().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished() && !lock_flag.is_locked());
        lock_flag.lock();
        waiting.await.unwrap();
        lock_flag.locked().await;
        lock_flag.unlock();
        assert!(!lock_flag.is_locked());
    }
}
