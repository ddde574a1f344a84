//! Owns the callers who have connected and not yet said what they want, on Windows: a task each, and the door after
//! five seconds. It knows no request.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::FrameDecoder;
use tokio::task::JoinSet;

use super::connection_limiter::Place;
use super::fast_path::{self, FirstRead, SessionStage};
use super::session;
use super::system::Connection;
use crate::audit::callers::CallerSnapshot;
use crate::service::Service;

/// Where silent callers wait.
pub(super) struct PendingConnections {
    service: Arc<Service>,
    guests: Mutex<JoinSet<()>>,
}

impl PendingConnections {
    /// An empty lobby.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere the system may refuse it")]
    pub(super) fn open(service: Arc<Service>) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { service, guests: Mutex::default() }))
    }

    /// Lets a caller wait until the request is complete, and not longer than the limit.
    pub(super) fn admit(
        &self,
        connection: Connection,
        caller: CallerSnapshot,
        decoder: FrameDecoder,
        place: Place,
    ) {
        let service = Arc::clone(&self.service);
        self.guests().spawn(async move {
            let heard = hear(&connection, caller, decoder, &service);
            if let Ok(Some(stage)) = tokio::time::timeout(READ_LIMIT, heard).await {
                session::spawn(connection, stage, service, place);
            }
        });
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.guests().len()
    }

    /// Shows everybody the door.
    pub(super) fn clear(&self) {
        self.guests().abort_all();
    }

    /// Those who wait; who has left is forgotten.
    fn guests(&self) -> MutexGuard<'_, JoinSet<()>> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        while guests.try_join_next().is_some() {}
        guests
    }

    /// Each caller has a task that hears it out, so nothing is left to do here.
    pub(super) async fn run(self: Arc<Self>) {
        std::future::pending().await
    }
}

/// What is left to be done once the request is complete; nothing where everything is said, or no more will come.
async fn hear(
    connection: &Connection,
    caller: CallerSnapshot,
    mut decoder: FrameDecoder,
    service: &Service,
) -> Option<SessionStage> {
    loop {
        connection.readable().await.ok()?;
        match fast_path::look(connection, caller, decoder, service) {
            Ok(FirstRead::Silent(more)) => decoder = more,
            Ok(FirstRead::Unfinished(stage)) => return Some(stage),
            // What is not this protocol is closed without a byte, like what has ended.
            Ok(FirstRead::Over) | Err(_) => return None,
        }
    }
}

/// For the whole request, however it is cut into pieces.
const READ_LIMIT: Duration = Duration::from_secs(5);
