//! Owns whether the daemon answers at all: one flag that every request looks at, and the word to whoever is at
//! work when it falls. It knows neither passphrases nor secrets.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Open, or closed while the daemon is locked.
#[derive(Debug, Default)]
pub struct LockFlag {
    locked: AtomicBool,
    locking: Notify,
}

impl LockFlag {
    /// Whether nobody is answered.
    pub fn is_locked(&self) -> bool {
        self.locked.load(Ordering::Acquire)
    }

    /// Waits until it is closed.
    pub async fn locked(&self) {
        loop {
            // Made before the look, so that a closing in between is not missed.
            let locking = self.locking.notified();
            if self.is_locked() {
                return;
            }
            locking.await;
        }
    }

    /// Lets nobody in from now on.
    pub fn lock(&self) {
        self.locked.store(true, Ordering::Release);
        self.locking.notify_waiters();
    }

    /// Lets callers in again.
    pub fn unlock(&self) {
        self.locked.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_told_and_whoever_comes_late_need_not_wait() {
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
