//! Owns whether the daemon answers at all: one flag that every request looks at, and the word to whoever is at
//! work when it falls. It knows neither passphrases nor secrets.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Open, or closed while the daemon is locked.
#[derive(Debug, Default)]
pub struct LockFlag {
    closed: AtomicBool,
    closing: Notify,
}

impl LockFlag {
    /// Whether nobody is answered.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Waits until it is closed.
    pub async fn closed(&self) {
        loop {
            // Made before the look, so that a closing in between is not missed.
            let closing = self.closing.notified();
            if self.is_closed() {
                return;
            }
            closing.await;
        }
    }

    /// Lets nobody in from now on.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.closing.notify_waiters();
    }

    /// Lets callers in again.
    pub fn open(&self) {
        self.closed.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_told_and_whoever_comes_late_need_not_wait() {
        let gate = Arc::new(LockFlag::default());
        let waiting = Arc::clone(&gate);
        let waiting = tokio::spawn(async move { waiting.closed().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished() && !gate.is_closed());
        gate.close();
        waiting.await.unwrap();
        gate.closed().await;
        gate.open();
        assert!(!gate.is_closed());
    }
}
