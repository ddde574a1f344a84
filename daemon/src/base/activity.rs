//! Owns the wake-up of whoever waits until nothing is under way: everything that ends reports it here.

use std::time::Duration;

use tokio::sync::Notify;

static ENDED: Notify = Notify::const_new();

/// After how long the condition is checked again, for what ended without a report.
const RECHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Reports that a connection, a request or a thread's work has ended.
pub fn ended() {
    ENDED.notify_waiters();
}

/// Waits until the condition is true; it is checked whenever something ends.
pub async fn until(is_idle: impl Fn() -> bool) {
    loop {
        // Created before the check, so that no report in between is missed.
        let ended = ENDED.notified();
        if is_idle() {
            return;
        }
        let _ = tokio::time::timeout(RECHECK_INTERVAL, ended).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_is_woken_by_the_end_of_the_work_and_not_by_a_timer() {
        static IS_IDLE: AtomicBool = AtomicBool::new(false);
        let start = tokio::time::Instant::now();
        let waiting = tokio::spawn(until(|| IS_IDLE.load(Ordering::Relaxed)));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        IS_IDLE.store(true, Ordering::Relaxed);
        ended();
        waiting.await.expect("a task");
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
