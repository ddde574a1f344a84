//! Owns the systems whose announcements of sleep are not used.

use super::{SleepEvent, SleepSignalUnavailable};

/// Never exists here.
pub enum SleepWatch {}

impl SleepWatch {
    /// Fails.
    ///
    /// # Errors
    /// [`SleepSignalUnavailable`], always.
    #[expect(clippy::unused_async, reason = "it takes time on Linux")]
    pub async fn start() -> Result<Self, SleepSignalUnavailable> {
        Err(SleepSignalUnavailable)
    }

    /// Never called.
    #[expect(clippy::unused_async, reason = "as above")]
    pub async fn next_event(&mut self) -> SleepEvent {
        match *self {}
    }
}
