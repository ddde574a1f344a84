//! Owns the connections without a complete request on Windows: a task each, and a timeout of five seconds. It knows no
//! request.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::FrameDecoder;
use tokio::task::JoinSet;

use super::connection_limiter::Permit;
use super::fast_path::{self, FirstRead, SessionStage};
use super::session;
use super::system::Connection;
use crate::audit::callers::CallerSnapshot;
use crate::service::Service;

/// The connections without a complete request.
pub(super) struct PendingConnections {
    service: Arc<Service>,
    list: Mutex<JoinSet<()>>,
}

impl PendingConnections {
    /// Without connections.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere the system may refuse it")]
    pub(super) fn open(service: Arc<Service>) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { service, list: Mutex::default() }))
    }

    /// Adds a connection, until its request is complete or the timeout ends.
    pub(super) fn add(
        &self,
        connection: Connection,
        caller: CallerSnapshot,
        decoder: FrameDecoder,
        permit: Permit,
    ) {
        let service = Arc::clone(&self.service);
        self.list().spawn(async move {
            let heard = read_from(&connection, caller, decoder, &service);
            if let Ok(Some(stage)) = tokio::time::timeout(READ_TIMEOUT, heard).await {
                session::spawn(connection, stage, service, permit);
            }
        });
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.list().len()
    }

    /// Closes all connections.
    pub(super) fn clear(&self) {
        self.list().abort_all();
    }

    /// The tasks, without those that have ended.
    fn list(&self) -> MutexGuard<'_, JoinSet<()>> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        while list.try_join_next().is_some() {}
        list
    }

    /// Each connection has a task, so nothing is left to do here.
    pub(super) async fn run(self: Arc<Self>) {
        std::future::pending().await
    }
}

/// Reads until the request is complete; `None` if the connection is closed.
async fn read_from(
    connection: &Connection,
    caller: CallerSnapshot,
    mut decoder: FrameDecoder,
    service: &Service,
) -> Option<SessionStage> {
    loop {
        connection.readable().await.ok()?;
        match fast_path::read_request(connection, caller, decoder, service) {
            Ok(FirstRead::Incomplete(more)) => decoder = more,
            Ok(FirstRead::Ready(stage)) => return Some(stage),
            // Another protocol gets no byte back, like a closed connection.
            Ok(FirstRead::Closed) | Err(_) => return None,
        }
    }
}

/// For the whole request, in however many packets it arrives.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
