//! Owns the count of conversations that have outlived their first look: how many there may be, and when one is
//! over. It knows nothing of what is said.

use std::sync::Arc;

use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore};

use crate::base::activity;

/// The conversations that have outlived their first look.
#[derive(Clone)]
pub struct ConnectionLimiter {
    permits: Arc<Semaphore>,
    /// For those that may last.
    lasting: Arc<Semaphore>,
    limit: u32,
    over: Arc<Notify>,
}

/// One conversation's place among them; given back when it is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    lasting: Arc<Semaphore>,
    share: Option<OwnedSemaphorePermit>,
    over: Arc<Notify>,
}

impl Place {
    /// Whether the conversation may last: a quarter of all places is left for those that do not.
    pub(super) fn may_last(&mut self) -> bool {
        self.share = Arc::clone(&self.lasting).try_acquire_owned().ok();
        self.share.is_some()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.over.notify_one();
        activity::ended();
    }
}

impl ConnectionLimiter {
    /// Room for `limit` of them.
    pub(super) fn at_most(limit: usize) -> Self {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let semaphore = |places: u32| Arc::new(Semaphore::new(places as usize));
        let lasting = semaphore(limit - limit / 4);
        Self { permits: semaphore(limit), lasting, limit, over: Arc::default() }
    }

    /// Waits for room for one more.
    pub(super) async fn room(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.permits).acquire_owned().await
    }

    /// The place of a conversation that goes on.
    pub(super) fn place(&self, room: OwnedSemaphorePermit) -> Place {
        let (lasting, over) = (Arc::clone(&self.lasting), Arc::clone(&self.over));
        Place { _permit: room, lasting, share: None, over }
    }

    /// How many there are; a place that waits for its conversation counts.
    pub(super) fn count(&self) -> usize {
        (self.limit as usize).saturating_sub(self.permits.available_permits())
    }

    /// Waits until some conversation is over.
    pub async fn one_closed(&self) {
        self.over.notified().await;
    }

    /// Waits until every conversation is over.
    pub async fn all_closed(&self) {
        let _ = self.permits.acquire_many(self.limit).await;
    }
}
