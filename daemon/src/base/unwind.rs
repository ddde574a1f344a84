//! Owns the handling of panics: only the work that panicked fails. The message is ignored: it may hold anything.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

/// The work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bug")]
pub struct Panicked;

/// The result of `work`.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        // Poisoned mutexes are used everywhere, and work that panicked is not polled again.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

/// Runs `work`, and restarts it when it panics, until it ends.
pub async fn restarted<F: Future<Output = ()>>(mut work: impl FnMut() -> F) {
    while caught(work()).await.is_err() {
        tokio::time::sleep(PAUSE).await;
    }
}

/// A loop that panics each time must not spin.
pub const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn work_that_panics_before_or_after_it_waits_fails_and_other_work_is_done() {
        assert_eq!(caught(async { panic!("a bug") }).await, Err::<(), _>(Panicked));
        let later = async {
            tokio::task::yield_now().await;
            panic!("a bug")
        };
        assert_eq!(caught(later).await, Err::<(), _>(Panicked));
        assert_eq!(caught(async { 7 }).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_is_restarted_until_it_ends_by_itself() {
        let rounds = Cell::new(0);
        restarted(|| async {
            rounds.set(rounds.get() + 1);
            assert!(rounds.get() >= 3, "a bug");
        })
        .await;
        assert_eq!(rounds.get(), 3);
    }
}
