//! Owns the callers who ask for the daemon's successor: that they are heard, and that each is told what came of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cp_token_protocol::Failure;
use cp_token_protocol::message::{LogEntry, Outcome};
use tokio::sync::{Notify, oneshot};

use crate::audit::AuditGuard;
use crate::base::activity;
use crate::failure;

/// Those who ask.
#[derive(Default)]
pub struct Restarts {
    wanted: Notify,
    waiting: Mutex<Vec<WaitingRestart>>,
    /// The descriptors of conversations in which it is asked for.
    attending: Arc<Mutex<Vec<i32>>>,
}

struct WaitingRestart {
    reply: oneshot::Sender<Result<Vec<String>, Failure>>,
    audit_entry: AuditGuard,
}

/// One conversation in which a successor is asked for. The others have to be over first.
pub struct Attendance(Arc<Mutex<Vec<i32>>>, i32);

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
        activity::ended();
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let mut attending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attending.retain(|number| *number != self.1);
    }
}

impl Restarts {
    /// Waits until somebody asks who has not been told what came of it.
    pub async fn requested(&self) {
        while self.waiting().is_empty() {
            self.wanted.notified().await;
        }
    }

    /// One more conversation in which it is asked for, at this descriptor; over when this is dropped.
    pub fn add_connection(&self, number: i32) -> Attendance {
        self.attending.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        Attendance(Arc::clone(&self.attending), number)
    }

    /// The descriptors of such conversations.
    pub fn connections(&self) -> Vec<i32> {
        self.attending.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells everybody who waits what came of it.
    pub fn reply(&self, outcome: &Result<Vec<String>, Failure>) {
        for WaitingRestart { reply, audit_entry } in self.waiting().drain(..) {
            audit_entry.finish(
                outcome.as_ref().map_or_else(|failure| Outcome::Failed(failure.code), |_| Outcome::Done),
            );
            let _ = reply.send(outcome.clone());
        }
    }

    /// What the log will say of those who ask, once it is done.
    pub fn log_entries(&self) -> Vec<LogEntry> {
        self.waiting().iter().map(|waiting| waiting.audit_entry.completed_entry()).collect()
    }

    /// What comes of it.
    pub(super) async fn ask(&self, audit_entry: AuditGuard) -> Result<Vec<String>, Failure> {
        let (reply, outcome) = oneshot::channel();
        self.waiting().push(WaitingRestart { reply, audit_entry });
        self.wanted.notify_one();
        outcome.await.unwrap_or_else(|_| Err(failure::stopping()))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<WaitingRestart>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
