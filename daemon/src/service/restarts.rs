//! Owns the callers who ask for a restart: each gets its result as a reply.

use std::sync::{Arc, Mutex};

use cp_token_protocol::Failure;
use cp_token_protocol::message::{LogEntry, Outcome};
use tokio::sync::{Notify, oneshot};

use crate::audit::AuditGuard;
use crate::base::mutex::lock;
use crate::failure;

/// The requests for a restart that have no reply yet.
#[derive(Default)]
pub struct Restarts {
    requested: Notify,
    pending: Mutex<Vec<PendingRestart>>,
    /// The descriptors of the connections that ask for a restart.
    connections: Arc<Mutex<Vec<i32>>>,
}

struct PendingRestart {
    reply: oneshot::Sender<Result<Vec<String>, Failure>>,
    audit_entry: AuditGuard,
}

/// A connection that asks for a restart, until it is dropped. All other connections must be closed first.
pub struct RestartConnection(Arc<Mutex<Vec<i32>>>, i32);

impl Drop for RestartConnection {
    fn drop(&mut self) {
        lock(&self.0).retain(|number| *number != self.1);
    }
}

impl Restarts {
    /// Waits until there is a request without a reply.
    pub async fn requested(&self) {
        while lock(&self.pending).is_empty() {
            self.requested.notified().await;
        }
    }

    /// Adds the connection with this descriptor.
    pub fn add_connection(&self, number: i32) -> RestartConnection {
        lock(&self.connections).push(number);
        RestartConnection(Arc::clone(&self.connections), number)
    }

    /// The descriptors of the connections that ask for a restart.
    pub fn connections(&self) -> Vec<i32> {
        lock(&self.connections).clone()
    }

    /// Sends the result to everybody who waits.
    pub fn reply(&self, result: &Result<Vec<String>, Failure>) {
        let outcome = result.as_ref().map_or_else(|failure| Outcome::Failed(failure.code), |_| Outcome::Done);
        for PendingRestart { reply, audit_entry } in lock(&self.pending).drain(..) {
            audit_entry.finish(outcome);
            let _ = reply.send(result.clone());
        }
    }

    /// The log entries of the pending requests, as they will be after a successful restart.
    pub fn log_entries(&self) -> Vec<LogEntry> {
        lock(&self.pending).iter().map(|pending| pending.audit_entry.completed_entry()).collect()
    }

    /// Asks for a restart and waits for its result.
    pub(super) async fn request(&self, audit_entry: AuditGuard) -> Result<Vec<String>, Failure> {
        let (reply, result) = oneshot::channel();
        lock(&self.pending).push(PendingRestart { reply, audit_entry });
        self.requested.notify_one();
        result.await.unwrap_or_else(|_| Err(failure::stopping()))
    }
}
