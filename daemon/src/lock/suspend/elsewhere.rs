//! Owns the systems whose announcements of sleep are not used.

use super::SleepEvent;

/// Never exists here.
pub enum SleepWatch {}

impl SleepWatch {
    /// Fails.
    pub async fn start() -> Option<Self> {
        std::future::ready(None).await
    }

    /// Never called.
    #[expect(clippy::unused_async, reason = "it waits on Linux")]
    pub async fn next_event(&mut self) -> SleepEvent {
        match *self {}
    }
}
