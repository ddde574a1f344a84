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

use super::conversations::Place;
use super::eager::{self, Look};
use super::session;
use crate::callers::Glimpse;
use crate::service::Service;

#[cfg(target_os = "linux")]
#[path = "lobby/linux.rs"]
mod watch;
#[cfg(target_os = "macos")]
#[path = "lobby/macos.rs"]
mod watch;

use watch::Watch;

/// Where silent callers wait.
pub(super) struct Lobby {
    watch: Watch,
    guests: Mutex<Guests>,
    /// Somebody came into an empty lobby, whose next deadline has to be looked at.
    came: Notify,
    service: Arc<Service>,
}

#[derive(Default)]
struct Guests {
    present: HashMap<u64, Guest>,
    /// In the order of arrival, which is that of the deadlines; of those who have left, too.
    deadlines: VecDeque<(Instant, u64)>,
    arrivals: u64,
}

struct Guest {
    connection: OwnedFd,
    caller: Glimpse,
    decoder: FrameDecoder,
    place: Place,
}

impl Guests {
    /// Most guests stay for microseconds, and their deadlines must not pile up for five seconds each.
    fn forget_the_departed(&mut self) {
        if self.deadlines.len() > 2 * self.present.len() + 64 {
            self.deadlines.retain(|(_, number)| self.present.contains_key(number));
        }
    }
}

impl Lobby {
    /// An empty lobby.
    pub(super) fn open(service: Arc<Service>) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { watch: Watch::new()?, guests: Mutex::default(), came: Notify::new(), service }))
    }

    /// Lets a caller wait until the request is complete, and not longer than the limit.
    pub(super) fn admit(&self, connection: OwnedFd, caller: Glimpse, decoder: FrameDecoder, place: Place) {
        let mut guests = self.guests();
        guests.arrivals += 1;
        let number = guests.arrivals;
        if self.watch.add(&connection, number).is_err() {
            return;
        }
        guests.present.insert(number, Guest { connection, caller, decoder, place });
        if guests.deadlines.is_empty() {
            self.came.notify_one();
        }
        guests.deadlines.push_back((Instant::now() + READ_LIMIT, number));
        guests.forget_the_departed();
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
                spoke = self.watch.someone_spoke() => for number in spoke { self.hear(number) },
                () = too_late => self.show_out(Instant::now()),
            }
        }
    }

    fn hear(&self, number: u64) {
        let Some(Guest { connection, caller, decoder, place }) = self.guests().present.remove(&number) else {
            return;
        };
        match eager::look(&connection, caller, decoder, &self.service) {
            Ok(Look::Silent(decoder)) => {
                self.guests().present.insert(number, Guest { connection, caller, decoder, place });
            }
            Ok(Look::Unfinished(stage)) => {
                self.watch.remove(&connection);
                session::spawn(connection, stage, Arc::clone(&self.service), place);
            }
            // What is not this protocol is closed without a byte, like what has ended.
            Ok(Look::Over) | Err(_) => {}
        }
    }

    fn show_out(&self, now: Instant) {
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

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For the whole request, however it is cut into pieces.
const READ_LIMIT: Duration = Duration::from_secs(5);
