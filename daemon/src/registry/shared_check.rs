//! Owns a check that callers share: one that began after a caller asked is as good as its own.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

/// Runs one check at a time.
#[derive(Default)]
pub(super) struct SharedCheck {
    begun: AtomicU64,
    /// The number of the last check that was not cancelled.
    done: Mutex<u64>,
}

impl SharedCheck {
    /// Returns once a check that began after this call is done: another caller's, or `check`.
    pub(super) async fn run(&self, check: impl Future<Output = ()>) {
        let begun_before = self.begun.load(Ordering::Relaxed);
        let mut done = self.done.lock().await;
        if *done > begun_before {
            return;
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        check.await;
        *done = number;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    /// Checks that each wait for a permit.
    #[derive(Default)]
    struct Checks {
        shared: SharedCheck,
        begun: AtomicU64,
        permits: Option<Semaphore>,
    }

    impl Checks {
        async fn ask(self: Arc<Self>) {
            let check = async {
                self.begun.fetch_add(1, Ordering::Relaxed);
                self.permits.as_ref().unwrap().acquire().await.unwrap().forget();
            };
            self.shared.run(check).await;
        }
    }

    async fn others_run() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn callers_share_a_check_that_began_after_they_asked_unless_it_was_cancelled() {
        let checks = Arc::new(Checks { permits: Some(Semaphore::new(0)), ..Checks::default() });
        let permits = checks.permits.as_ref().unwrap();
        let ask = || tokio::spawn(Arc::clone(&checks).ask());
        let first = ask();
        others_run().await;
        let second = ask();
        let others: Vec<_> = (0..5).map(|_| ask()).collect();
        others_run().await;
        permits.add_permits(1);
        first.await.unwrap();
        others_run().await;
        assert_eq!(checks.begun.load(Ordering::Relaxed), 2, "the first had begun before the others asked");
        second.abort();
        others_run().await;
        assert_eq!(checks.begun.load(Ordering::Relaxed), 3, "nobody shares what was cancelled");
        permits.add_permits(1);
        for other in others {
            other.await.unwrap();
        }
        assert_eq!(checks.begun.load(Ordering::Relaxed), 3);
    }
}
