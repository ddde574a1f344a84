//! Owns what the wiring needs beside the wings: memory that is given back after a burst, and chance.

use std::sync::Arc;
use std::time::Duration;

use crate::ipc::connection_limiter::ConnectionLimiter;
use crate::process::{harden, protections::Protections};

/// After a burst of conversations the heap is handed back, and what it left of secrets is looked at.
pub(super) async fn give_memory_back_after(conversations: ConnectionLimiter, protections: Arc<Protections>) {
    loop {
        let _ = tokio::time::timeout(LOOK_AROUND, conversations.one_closed()).await;
        tokio::time::sleep(SETTLE).await;
        harden::give_memory_back();
        protections.watch();
    }
}

/// In [0, 1). Spreads timers over a fleet; nothing secret rests on it.
pub(super) fn chance() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// How often the daemon looks whether callers can still find it.
pub(super) const LOOK_AROUND: Duration = Duration::from_secs(30);

/// Between the end of a conversation and the return of its memory.
const SETTLE: Duration = Duration::from_millis(250);
