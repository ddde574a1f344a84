//! Owns the callers who ask for the daemon's successor: that they are heard, and that each is told what came of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cp_token_protocol::Failure;
use cp_token_protocol::message::{LogEntry, Outcome};
use tokio::sync::{Notify, oneshot};

use crate::audit::{Audit, Pending};
use crate::failure;

/// Those who ask.
#[derive(Default)]
pub struct Restarts {
    wanted: Notify,
    waiting: Mutex<Vec<Waiting>>,
    /// Conversations in which it is asked for.
    attending: Arc<AtomicUsize>,
}

struct Waiting {
    reply: oneshot::Sender<Result<Vec<String>, Failure>>,
    noted: Pending,
}

/// One conversation in which a successor is asked for. The others have to be over first.
pub struct Attendance(Arc<AtomicUsize>);

/// One request that takes its time.
pub(super) struct AtWork<'s>(&'s AtomicUsize);

impl<'s> AtWork<'s> {
    pub(super) fn begin(count: &'s AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Restarts {
    /// Waits until somebody asks.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// One more conversation in which it is asked for; over when this is dropped.
    pub fn attend(&self) -> Attendance {
        self.attending.fetch_add(1, Ordering::Relaxed);
        Attendance(Arc::clone(&self.attending))
    }

    /// How many such conversations there are.
    pub fn attending(&self) -> usize {
        self.attending.load(Ordering::Relaxed)
    }

    /// Tells everybody who waits what came of it.
    pub fn tell(&self, outcome: &Result<Vec<String>, Failure>) {
        for Waiting { reply, noted } in self.waiting().drain(..) {
            noted.close(
                outcome.as_ref().map_or_else(|failure| Outcome::Failed(failure.code), |_| Outcome::Done),
            );
            let _ = reply.send(outcome.clone());
        }
    }

    /// The log, as the successor has it: whoever asked for it is in it.
    pub fn bequeath(&self, audit: &Audit) -> Vec<Vec<LogEntry>> {
        let waiting = self.waiting();
        let noted: Vec<&Pending> = waiting.iter().map(|waiting| &waiting.noted).collect();
        audit.bequeath(&noted)
    }

    /// What comes of it.
    pub(super) async fn ask(&self, noted: Pending) -> Result<Vec<String>, Failure> {
        let (reply, outcome) = oneshot::channel();
        self.waiting().push(Waiting { reply, noted });
        self.wanted.notify_one();
        outcome.await.unwrap_or_else(|_| Err(failure::stopping()))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
