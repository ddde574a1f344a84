//! Owns the accept loop: permits, the peer check, patience when the system refuses. A conversation that is
//! not over at the first look gets a task of its own.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cp_token_protocol::{FrameDecoder, PeerError, require_same_user};
use tokio::sync::OwnedSemaphorePermit;

use super::connection_limiter::ConnectionLimiter;
use super::fast_path::{self, FirstRead};
use super::pending_connections::PendingConnections;
use super::session;
use super::system::{AsyncListener, Connection, Listening, passes_at_once};
use super::throttle::Throttle;
use crate::audit::callers::CallerSnapshot;
use crate::base::clock::Clock;
use crate::service::Service;

/// A listening socket and everything that a new connection needs.
pub struct Listener {
    /// Held by whoever lets callers in.
    entrance: tokio::sync::Mutex<AsyncListener>,
    service: Arc<Service>,
    /// For callers who have not said yet what they want.
    pub(super) lobby: Arc<PendingConnections>,
    clock: Arc<dyn Clock>,
    pub(super) conversations: ConnectionLimiter,
    refusals: Mutex<Throttle>,
}

impl Listener {
    /// A listener on `socket`, which is non-blocking, with at most `connections` conversations at once.
    ///
    /// # Errors
    /// Where the socket cannot be watched.
    pub fn new(
        socket: Listening,
        service: Arc<Service>,
        clock: Arc<dyn Clock>,
        connections: usize,
    ) -> io::Result<Self> {
        Ok(Self {
            entrance: tokio::sync::Mutex::new(AsyncListener::open(socket)?),
            lobby: PendingConnections::open(Arc::clone(&service))?,
            service,
            clock,
            conversations: ConnectionLimiter::at_most(connections),
            refusals: Mutex::default(),
        })
    }

    /// Takes callers from this socket from now on. To be called while nobody lets them in.
    ///
    /// # Errors
    /// Where the socket cannot be watched; the old one is kept then.
    pub(super) async fn move_to(&self, socket: Listening) -> io::Result<()> {
        let entrance = AsyncListener::open(socket)?;
        *self.entrance.lock().await = entrance;
        Ok(())
    }

    /// Lets callers in until it is dropped.
    pub(super) async fn run(self: Arc<Self>) {
        let mut entrance = self.entrance.lock().await;
        let mut trouble = 0;
        loop {
            let Ok(room) = self.conversations.room().await else { return };
            match entrance.accept().await {
                Ok(connection) => {
                    trouble = 0;
                    self.welcome(connection, room);
                }
                Err(error) if passes_at_once(&error) => {}
                Err(error) => {
                    trouble += 1;
                    self.note(&format!("accept failed ({}); trying again", error.kind()));
                    tokio::time::sleep(pause(trouble)).await;
                }
            }
        }
    }

    /// The peer is known before a byte is read; a stranger gets none back.
    fn welcome(&self, connection: Connection, room: OwnedSemaphorePermit) {
        let caller = match require_same_user(&connection) {
            Ok(peer) => CallerSnapshot::from(peer),
            Err(stranger) => return self.turn_away(stranger),
        };
        match fast_path::look(&connection, caller, FrameDecoder::default(), &self.service) {
            Ok(FirstRead::Over) => {}
            Ok(FirstRead::Silent(decoder)) => {
                let caller = self.service.capture_caller(caller);
                self.lobby.admit(connection, caller, decoder, self.conversations.place(room));
            }
            Ok(FirstRead::Unfinished(stage)) => {
                session::spawn(connection, stage, Arc::clone(&self.service), self.conversations.place(room));
            }
            Err(error) => self.note(&format!("a connection was closed: {error}")),
        }
    }

    fn turn_away(&self, stranger: PeerError) {
        self.note(&format!("a connection was refused: {stranger}"));
    }

    fn note(&self, line: &str) {
        let boot = self.clock.now().boot;
        let admitted = self.refusals.lock().unwrap_or_else(PoisonError::into_inner).admit(boot);
        if let Some(suppressed) = admitted {
            tracing::warn!(suppressed, "{line}");
        }
    }
}

/// Long enough not to spin without descriptors, short enough to be back within a second of having some.
fn pause(trouble: u32) -> Duration {
    Duration::from_millis(10 << trouble.min(6)).min(Duration::from_millis(500))
}
