//! Owns the connections without a complete request: a few words of memory each, one watch over all of them, and a timeout of
//! five seconds. It knows no request.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cp_token_protocol::FrameDecoder;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::connection_limiter::Permit;
use super::fast_path::{self, FirstRead};
use super::session;
use crate::audit::callers::CallerSnapshot;
use crate::base::mutex;
use crate::service::Service;

#[cfg(target_os = "linux")]
#[path = "pending_connections/linux.rs"]
mod watch;
#[cfg(target_os = "macos")]
#[path = "pending_connections/macos.rs"]
mod watch;

use watch::Watch;

/// The connections without a complete request.
pub(super) struct PendingConnections {
    watch: Watch,
    list: Mutex<PendingList>,
    /// The first connection was added, so there is a deadline.
    first_added: Notify,
    service: Arc<Service>,
}

#[derive(Default)]
struct PendingList {
    connections: HashMap<u64, PendingConnection>,
    /// Oldest first; contains closed connections, too.
    deadlines: VecDeque<(Instant, u64)>,
    last_number: u64,
}

struct PendingConnection {
    connection: OwnedFd,
    caller: CallerSnapshot,
    decoder: FrameDecoder,
    permit: Permit,
}

impl PendingList {
    /// Most connections last for microseconds; their deadlines must not pile up.
    fn compact_deadlines(&mut self) {
        if self.deadlines.len() > 2 * self.connections.len() + 64 {
            self.deadlines.retain(|(_, number)| self.connections.contains_key(number));
        }
    }
}

impl PendingConnections {
    /// Without connections.
    pub(super) fn open(service: Arc<Service>) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            watch: Watch::new()?,
            list: Mutex::default(),
            first_added: Notify::new(),
            service,
        }))
    }

    /// Adds a connection, until its request is complete or the timeout ends.
    pub(super) fn add(
        &self,
        connection: OwnedFd,
        caller: CallerSnapshot,
        decoder: FrameDecoder,
        permit: Permit,
    ) {
        let mut list = self.list();
        list.last_number += 1;
        let number = list.last_number;
        if self.watch.add(&connection, number).is_err() {
            return;
        }
        list.connections.insert(number, PendingConnection { connection, caller, decoder, permit });
        if list.deadlines.is_empty() {
            self.first_added.notify_one();
        }
        list.deadlines.push_back((Instant::now() + READ_TIMEOUT, number));
        list.compact_deadlines();
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.list().connections.len()
    }

    /// Closes all connections.
    pub(super) fn clear(&self) {
        // Bound, so that the connections are closed after the lock is released.
        let _closed = std::mem::take(&mut *self.list());
    }

    /// Reads from connections, and closes them at their timeout. Runs until it is dropped.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            let deadline = self.list().deadlines.front().map(|(deadline, _)| *deadline);
            let too_late = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => self.first_added.notified().await,
                }
            };
            tokio::select! {
                spoke = self.watch.readable() => for number in spoke { self.read_from(number) },
                () = too_late => self.expire(Instant::now()),
            }
        }
    }

    fn read_from(&self, number: u64) {
        let Some(PendingConnection { connection, caller, decoder, permit }) =
            self.list().connections.remove(&number)
        else {
            return;
        };
        match fast_path::read_request(&connection, caller, decoder, &self.service) {
            Ok(FirstRead::Incomplete(decoder)) => {
                self.list()
                    .connections
                    .insert(number, PendingConnection { connection, caller, decoder, permit });
            }
            Ok(FirstRead::Ready(stage)) => {
                self.watch.remove(&connection);
                session::spawn(connection, stage, Arc::clone(&self.service), permit);
            }
            // Another protocol gets no byte back, like a closed connection.
            Ok(FirstRead::Closed) | Err(_) => {}
        }
    }

    fn expire(&self, now: Instant) {
        let mut late = Vec::new();
        let mut list = self.list();
        while list.deadlines.front().is_some_and(|(deadline, _)| *deadline <= now) {
            let number = list.deadlines.pop_front().map(|(_, number)| number);
            late.extend(number.and_then(|number| list.connections.remove(&number)));
        }
        if list.connections.is_empty() {
            list.connections.shrink_to_fit();
            list.deadlines.shrink_to_fit();
        }
    }

    fn list(&self) -> MutexGuard<'_, PendingList> {
        mutex::lock(&self.list)
    }
}

/// For the whole request, in however many packets it arrives.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
