//! Owns one thread for blocking calls, one at a time: a bounded queue, and a timeout for each caller.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::backend::KeyringError;
use crate::base::blocking::BusyThread;
use crate::base::memory;
use crate::base::mutex::lock;

const MAX_WAITING: usize = 16;

/// A queue of blocking calls. Its thread exists only while there is work, so an idle daemon has none.
#[derive(Clone, Default)]
pub(super) struct SerialQueue {
    state: Arc<Mutex<QueueState>>,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Job>,
    next_ticket: u64,
    running: Option<u64>,
    is_overdue: bool,
    has_thread: bool,
}

struct Job {
    ticket: u64,
    run: Box<dyn FnOnce() + Send>,
}

impl SerialQueue {
    /// Runs `work`. After `timeout`: [`KeyringError::Busy`] if it never begins, [`KeyringError::TimedOut`] if it still runs.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, KeyringError> {
        let (sender, receiver) = oneshot::channel();
        let ticket = self.enqueue(Box::new(move || {
            // The caller may have gone.
            if !sender.is_closed() {
                drop(sender.send(work()));
            }
        }))?;
        match tokio::time::timeout(timeout, receiver).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(KeyringError::Failed),
            Err(_) => Err(self.cancel(ticket)),
        }
    }

    fn enqueue(&self, run: Box<dyn FnOnce() + Send>) -> Result<u64, KeyringError> {
        let mut state = lock(&self.state);
        if state.is_overdue || state.waiting.len() >= MAX_WAITING {
            return Err(KeyringError::Busy);
        }
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push_back(Job { ticket, run });
        if !state.has_thread {
            let queue = self.clone();
            let builder = thread::Builder::new().name("keyring".to_owned());
            let thread = memory::start_thread(builder, move || queue.serve());
            state.has_thread = thread.is_ok();
        }
        if state.has_thread {
            return Ok(ticket);
        }
        state.waiting.clear();
        Err(KeyringError::Failed)
    }

    /// Removes a call that has not begun. A running call that made this one time out rejects new calls until it ends.
    fn cancel(&self, ticket: u64) -> KeyringError {
        let mut state = lock(&self.state);
        state.is_overdue |= state.running.is_some_and(|running| running <= ticket);
        let waiting = state.waiting.len();
        state.waiting.retain(|job| job.ticket != ticket);
        if state.waiting.len() < waiting { KeyringError::Busy } else { KeyringError::TimedOut }
    }

    fn serve(&self) {
        let _at_work = BusyThread::begin();
        while let Some(run) = self.next() {
            // A panic of a call must not end the thread.
            drop(catch_unwind(AssertUnwindSafe(run)));
        }
    }

    fn next(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let mut state = lock(&self.state);
        let job = state.waiting.pop_front();
        state.running = job.as_ref().map(|job| job.ticket);
        state.is_overdue = false;
        state.has_thread = job.is_some();
        job.map(|job| job.run)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use tokio::task::JoinHandle;

    use super::*;

    const SOON: Duration = Duration::from_millis(1);
    const LATE: Duration = Duration::from_secs(60);

    /// Work that reports its start, and runs until it is released.
    fn stuck() -> (impl FnOnce() + Send + 'static, Receiver<()>, SyncSender<()>) {
        let (begun, has_begun) = sync_channel(1);
        let (end, may_end) = sync_channel(1);
        let work = move || {
            begun.send(()).unwrap();
            let () = may_end.recv().unwrap();
        };
        (work, has_begun, end)
    }

    /// Starts the call and waits until its work has begun.
    async fn begin(
        queue: &SerialQueue,
        work: impl FnOnce() + Send + 'static,
        has_begun: &Receiver<()>,
    ) -> JoinHandle<Result<(), KeyringError>> {
        let queue = queue.clone();
        let call = tokio::spawn(async move { queue.call(LATE, work).await });
        tokio::task::yield_now().await;
        has_begun.recv().unwrap();
        call
    }

    /// Waits until the queue's thread has ended.
    fn wait_until_idle(queue: &SerialQueue) {
        while lock(&queue.state).has_thread {
            thread::yield_now();
        }
    }

    #[tokio::test]
    async fn calls_run_one_after_another_and_the_thread_ends_with_the_work() {
        let queue = SerialQueue::default();
        for number in 0..5 {
            assert_eq!(queue.call(LATE, move || number).await, Ok(number));
        }
        wait_until_idle(&queue);
        assert_eq!(
            queue.call(LATE, || thread::current().name().map(str::to_owned)).await,
            Ok(Some("keyring".into()))
        );
    }

    #[tokio::test]
    async fn i02_a_stuck_call_times_out_the_next_is_busy_at_once_and_all_is_well_when_it_ends() {
        let queue = SerialQueue::default();
        let (work, has_begun, end) = stuck();
        let slow = begin(&queue, work, &has_begun).await;
        tokio::time::pause();
        assert_eq!(slow.await.unwrap(), Err(KeyringError::TimedOut));
        tokio::time::resume();
        assert_eq!(queue.call(LATE, || ()).await, Err(KeyringError::Busy));
        end.send(()).unwrap();
        wait_until_idle(&queue);
        assert_eq!(queue.call(LATE, || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_in_the_queue_never_happens() {
        let queue = SerialQueue::default();
        let (work, has_begun, end) = stuck();
        let slow = begin(&queue, work, &has_begun).await;
        let (happened, has_happened) = sync_channel(1);
        let late = queue.call(SOON, move || happened.send(()));
        assert_eq!(late.await.err(), Some(KeyringError::Busy));
        end.send(()).unwrap();
        assert_eq!(slow.await.unwrap(), Ok(()));
        wait_until_idle(&queue);
        assert!(has_happened.try_recv().is_err());
    }

    #[tokio::test]
    async fn the_queue_is_bounded() {
        let queue = SerialQueue::default();
        let (work, has_begun, end) = stuck();
        let mut calls = vec![begin(&queue, work, &has_begun).await];
        for _ in 0..MAX_WAITING {
            let queue = queue.clone();
            calls.push(tokio::spawn(async move { queue.call(LATE, || ()).await }));
        }
        tokio::task::yield_now().await;
        assert_eq!(queue.call(LATE, || ()).await, Err(KeyringError::Busy));
        end.send(()).unwrap();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test]
    async fn a_call_that_panics_fails_alone() {
        let queue = SerialQueue::default();
        assert_eq!(queue.call(LATE, || panic!("as a store might")).await, Err::<(), _>(KeyringError::Failed));
        assert_eq!(queue.call(LATE, || 7).await, Ok(7));
    }
}
