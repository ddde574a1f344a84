//! Owns the plain answer that this system's announcements of sleep are not listened to.

use super::{SleepEvent, SleepSignalUnavailable};

pub(super) enum LogindClient {}

impl LogindClient {
    #[expect(clippy::unused_async, reason = "where there is an announcer, finding it takes time")]
    pub(super) async fn find() -> Result<Self, SleepSignalUnavailable> {
        Err(SleepSignalUnavailable)
    }

    #[expect(clippy::unused_async, reason = "as above")]
    pub(super) async fn word(&mut self) -> SleepEvent {
        match *self {}
    }
}
