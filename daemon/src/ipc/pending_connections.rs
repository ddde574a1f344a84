//! Owns the connections without a complete request: a small task each, and a timeout of five seconds. It knows no request.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::FrameDecoder;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::connection_limiter::Permit;
use super::fast_path::{self, FirstRead, SessionStage};
use super::session;
use super::system::{self, Connection, Stream};
use crate::audit::callers::CallerSnapshot;
use crate::service::Service;

/// For the whole request, in however many packets it arrives.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// The connections without a complete request.
pub(super) struct PendingConnections {
    service: Arc<Service>,
    cleared: Arc<Notify>,
    /// Each connection holds a clone.
    counter: Arc<()>,
}

impl PendingConnections {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self { service, cleared: Arc::default(), counter: Arc::default() }
    }

    /// Adds a connection, until its request is complete or the timeout ends.
    pub(super) fn add(
        &self,
        connection: Connection,
        caller: CallerSnapshot,
        decoder: FrameDecoder,
        permit: Permit,
    ) {
        let Ok(stream) = system::stream(connection) else { return };
        let (service, counted) = (Arc::clone(&self.service), Arc::clone(&self.counter));
        let cleared = Arc::clone(&self.cleared).notified_owned();
        tokio::spawn(async move {
            let stage = tokio::select! {
                // First, so that no request is read any more after `clear`.
                biased;
                () = cleared => None,
                read = timeout(READ_TIMEOUT, read(&stream, caller, decoder, &service)) => read.ok().flatten(),
            };
            drop(counted);
            if let Some(stage) = stage {
                session::spawn(stream, stage, service, permit);
            }
        });
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        Arc::strong_count(&self.counter) - 1
    }

    /// Closes all connections.
    pub(super) fn clear(&self) {
        self.cleared.notify_waiters();
    }
}

/// Reads until the request is complete; `None` if the connection is closed.
async fn read(
    stream: &Stream,
    caller: CallerSnapshot,
    mut decoder: FrameDecoder,
    service: &Service,
) -> Option<SessionStage> {
    loop {
        stream.readable().await.ok()?;
        match fast_path::read_request(stream, caller, decoder, service) {
            Ok(FirstRead::Incomplete(more)) => decoder = more,
            Ok(FirstRead::Ready(stage)) => return Some(stage),
            // Another protocol gets no byte back, like a closed connection.
            Ok(FirstRead::Closed) | Err(_) => return None,
        }
    }
}
