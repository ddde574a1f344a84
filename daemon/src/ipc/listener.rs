//! Owns the accept loop: permits, the check of the peer's user, retries after errors. A connection that is not answered
//! immediately gets a task of its own.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::{FrameDecoder, require_same_user};
use tokio::sync::OwnedSemaphorePermit;

use super::connection_limiter::ConnectionLimiter;
use super::fast_path::{self, FirstRead};
use super::pending_connections::PendingConnections;
use super::session;
use super::system::{self, AsyncListener, Connection, Listening, is_transient_accept_error};
use super::throttle::Throttle;
use crate::audit::callers::CallerSnapshot;
use crate::base::clock::{Clock, SystemClock};
use crate::base::mutex;
use crate::service::Service;

/// A listening socket and everything that a new connection needs.
pub(super) struct Listener {
    /// Locked by the accept loop.
    socket: tokio::sync::Mutex<AsyncListener>,
    service: Arc<Service>,
    /// The connections without a complete request.
    pub(super) pending: PendingConnections,
    pub(super) connections: ConnectionLimiter,
    warnings: Mutex<Throttle>,
}

impl Listener {
    pub(super) fn new(socket: Listening, service: Arc<Service>, limit: usize) -> io::Result<Self> {
        Ok(Self {
            socket: tokio::sync::Mutex::new(AsyncListener::open(socket)?),
            pending: PendingConnections::new(Arc::clone(&service)),
            service,
            connections: ConnectionLimiter::at_most(limit),
            warnings: Mutex::default(),
        })
    }

    /// Uses this socket from now on. To be called during a pause.
    #[cfg(unix)]
    pub(super) async fn move_to(&self, socket: Listening) -> io::Result<()> {
        *self.socket.lock().await = AsyncListener::open(socket)?;
        Ok(())
    }

    /// Accepts connections until it is dropped.
    pub(super) async fn run(self: Arc<Self>) {
        let mut socket = self.socket.lock().await;
        let mut errors = 0;
        loop {
            let Ok(permit) = self.connections.acquire().await else { return };
            match socket.accept().await {
                Ok(connection) => {
                    errors = 0;
                    self.start(connection, permit);
                }
                Err(error) if is_transient_accept_error(&error) => {}
                Err(error) => {
                    errors += 1;
                    self.warn(&format!("accept failed ({}); trying again", error.kind()));
                    tokio::time::sleep(retry_delay(errors)).await;
                }
            }
        }
    }

    /// Checks the peer before it reads a byte; another user gets no byte back.
    fn start(&self, connection: Connection, permit: OwnedSemaphorePermit) {
        let caller = match require_same_user(&connection) {
            Ok(peer) => CallerSnapshot::from(peer),
            Err(error) => return self.warn(&format!("a connection was refused: {error}")),
        };
        match fast_path::read_request(&connection, caller, FrameDecoder::default(), &self.service) {
            Ok(FirstRead::Closed) => {}
            Ok(FirstRead::Incomplete(decoder)) => {
                let caller = self.service.capture_caller(caller);
                self.pending.add(connection, caller, decoder, self.connections.permit(permit));
            }
            Ok(FirstRead::Ready(stage)) => {
                let Ok(stream) = system::stream(connection) else { return };
                session::spawn(stream, stage, Arc::clone(&self.service), self.connections.permit(permit));
            }
            Err(error) => self.warn(&format!("a connection was closed: {error}")),
        }
    }

    fn warn(&self, line: &str) {
        if let Some(suppressed) = mutex::lock(&self.warnings).admit(SystemClock.now().boot) {
            tracing::warn!(suppressed, "{line}");
        }
    }
}

/// Long enough not to spin without free descriptors, short enough to be back within a second of having some.
fn retry_delay(errors: u32) -> Duration {
    Duration::from_millis(10 << errors.min(6)).min(Duration::from_millis(500))
}
