//! Owns the callers who have connected and not yet said what they want: a few words of memory each, one
//! watch over all of them, and the door after five seconds. It knows no request.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::FrameDecoder;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::connection_limiter::Place;
use super::fast_path::{self, FirstRead};
use super::session;
use crate::audit::callers::CallerSnapshot;
use crate::service::Service;

#[cfg(target_os = "linux")]
#[path = "pending_connections/linux.rs"]
mod watch;
#[cfg(target_os = "macos")]
#[path = "pending_connections/macos.rs"]
mod watch;

use watch::Watch;

/// Where silent callers wait.
pub(super) struct PendingConnections {
    watch: Watch,
    guests: Mutex<PendingList>,
    /// Somebody came into an empty lobby, whose next deadline has to be looked at.
    came: Notify,
    service: Arc<Service>,
}

#[derive(Default)]
struct PendingList {
    present: HashMap<u64, PendingConnection>,
    /// In the order of arrival, which is that of the deadlines; of those who have left, too.
    deadlines: VecDeque<(Instant, u64)>,
    arrivals: u64,
}

struct PendingConnection {
    connection: OwnedFd,
    caller: CallerSnapshot,
    decoder: FrameDecoder,
    place: Place,
}

impl PendingList {
    /// Most guests stay for microseconds, and their deadlines must not pile up for five seconds each.
    fn compact_deadlines(&mut self) {
        if self.deadlines.len() > 2 * self.present.len() + 64 {
            self.deadlines.retain(|(_, number)| self.present.contains_key(number));
        }
    }
}

impl PendingConnections {
    /// An empty lobby.
    pub(super) fn open(service: Arc<Service>) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { watch: Watch::new()?, guests: Mutex::default(), came: Notify::new(), service }))
    }

    /// Lets a caller wait until the request is complete, and not longer than the limit.
    pub(super) fn admit(
        &self,
        connection: OwnedFd,
        caller: CallerSnapshot,
        decoder: FrameDecoder,
        place: Place,
    ) {
        let mut guests = self.guests();
        guests.arrivals += 1;
        let number = guests.arrivals;
        if self.watch.add(&connection, number).is_err() {
            return;
        }
        guests.present.insert(number, PendingConnection { connection, caller, decoder, place });
        if guests.deadlines.is_empty() {
            self.came.notify_one();
        }
        guests.deadlines.push_back((Instant::now() + READ_LIMIT, number));
        guests.compact_deadlines();
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.guests().present.len()
    }

    /// Shows everybody the door.
    pub(super) fn clear(&self) {
        let departed = std::mem::take(&mut *self.guests());
        drop(departed);
    }

    /// Hears callers out, and shows those the door who take too long. Runs until it is dropped.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            let deadline = self.guests().deadlines.front().map(|(deadline, _)| *deadline);
            let too_late = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => self.came.notified().await,
                }
            };
            tokio::select! {
                spoke = self.watch.readable() => for number in spoke { self.hear(number) },
                () = too_late => self.expire(Instant::now()),
            }
        }
    }

    fn hear(&self, number: u64) {
        let Some(PendingConnection { connection, caller, decoder, place }) =
            self.guests().present.remove(&number)
        else {
            return;
        };
        match fast_path::look(&connection, caller, decoder, &self.service) {
            Ok(FirstRead::Silent(decoder)) => {
                self.guests()
                    .present
                    .insert(number, PendingConnection { connection, caller, decoder, place });
            }
            Ok(FirstRead::Unfinished(stage)) => {
                self.watch.remove(&connection);
                session::spawn(connection, stage, Arc::clone(&self.service), place);
            }
            // What is not this protocol is closed without a byte, like what has ended.
            Ok(FirstRead::Over) | Err(_) => {}
        }
    }

    fn expire(&self, now: Instant) {
        let mut late = Vec::new();
        let mut guests = self.guests();
        while guests.deadlines.front().is_some_and(|(deadline, _)| *deadline <= now) {
            let number = guests.deadlines.pop_front().map(|(_, number)| number);
            late.extend(number.and_then(|number| guests.present.remove(&number)));
        }
        if guests.present.is_empty() {
            guests.present.shrink_to_fit();
            guests.deadlines.shrink_to_fit();
        }
    }

    fn guests(&self) -> MutexGuard<'_, PendingList> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For the whole request, however it is cut into pieces.
const READ_LIMIT: Duration = Duration::from_secs(5);
