//! Owns the limit of connections that are not answered immediately. It knows nothing of what is said on them.

use std::sync::Arc;

use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore};

use crate::base::activity;

/// The limit of connections that are not answered immediately.
#[derive(Clone)]
pub struct ConnectionLimiter {
    permits: Arc<Semaphore>,
    /// For connections that may take long.
    long_permits: Arc<Semaphore>,
    limit: u32,
    closed: Arc<Notify>,
}

/// One connection's permit; released when it is dropped.
pub(super) struct Permit {
    _permit: OwnedSemaphorePermit,
    long_permits: Arc<Semaphore>,
    long_permit: Option<OwnedSemaphorePermit>,
    closed: Arc<Notify>,
}

impl Permit {
    /// Whether the connection may take long: a quarter of all permits is left for those that do not.
    pub(super) fn try_extend(&mut self) -> bool {
        self.long_permit = Arc::clone(&self.long_permits).try_acquire_owned().ok();
        self.long_permit.is_some()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.closed.notify_one();
        activity::ended();
    }
}

impl ConnectionLimiter {
    /// Allows `limit` connections.
    pub(super) fn at_most(limit: usize) -> Self {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let semaphore = |permits: u32| Arc::new(Semaphore::new(permits as usize));
        let long_permits = semaphore(limit - limit / 4);
        Self { permits: semaphore(limit), long_permits, limit, closed: Arc::default() }
    }

    /// Waits until one more connection is allowed.
    pub(super) async fn acquire(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.permits).acquire_owned().await
    }

    /// The permit of a connection that is not answered immediately.
    pub(super) fn permit(&self, permit: OwnedSemaphorePermit) -> Permit {
        let (long_permits, closed) = (Arc::clone(&self.long_permits), Arc::clone(&self.closed));
        Permit { _permit: permit, long_permits, long_permit: None, closed }
    }

    /// How many permits are taken, including the one that waits for the next connection.
    pub(super) fn count(&self) -> usize {
        (self.limit as usize).saturating_sub(self.permits.available_permits())
    }

    /// Waits until a connection is closed.
    pub async fn one_closed(&self) {
        self.closed.notified().await;
    }

    /// Waits until every connection is closed.
    pub async fn all_closed(&self) {
        let _ = self.permits.acquire_many(self.limit).await;
    }
}
