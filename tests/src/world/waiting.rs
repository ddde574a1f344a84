//! Owns waiting for what nobody announces.

use std::time::{Duration, Instant};

use super::TIMEOUT;

/// Asks again and again until the answer is yes. Panics after [`TIMEOUT`].
#[allow(clippy::disallowed_methods, reason = "a safety net; no result rests on it")]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
