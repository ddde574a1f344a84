//! Owns the return of memory after a burst of connections, and the jitter of timers.

use std::sync::Arc;
use std::time::Duration;

use crate::ipc::connection_limiter::ConnectionLimiter;
use crate::process::{harden, protections::Protections};

/// How often the daemon checks that callers can still reach it.
pub(super) const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(30);
/// Between the end of a connection and the return of its memory.
const TRIM_DELAY: Duration = Duration::from_millis(250);

/// Returns the heap's free pages after each burst of connections, and checks that the remaining secrets are locked.
pub(super) async fn trim_memory(connections: ConnectionLimiter, protections: Arc<Protections>) {
    loop {
        let _ = tokio::time::timeout(HOUSEKEEPING_INTERVAL, connections.one_closed()).await;
        tokio::time::sleep(TRIM_DELAY).await;
        harden::give_memory_back();
        protections.check_locked();
    }
}

/// In [0, 1). Spreads the timers of many daemons; no secret depends on it.
pub(super) fn jitter() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}
