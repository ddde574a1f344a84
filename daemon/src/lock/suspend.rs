//! Owns the system's word that it is about to sleep, and the moment that it grants before it does. It must not know
//! what is done in that moment.

#[cfg(target_os = "linux")]
#[path = "suspend/logind.rs"]
mod system;

#[cfg(not(target_os = "linux"))]
#[path = "suspend/elsewhere.rs"]
mod system;

/// Nobody says on this system when it is about to sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody announces sleep on this system")]
pub struct SleepSignalUnavailable;

/// Why a watch has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SleepEvent {
    /// The system is about to sleep, and waits a few seconds for whoever asked it to.
    Sleep,
    /// Whoever would have said so is gone.
    Silence,
}

/// A watch over the system's sleep. The system waits with its sleep, for a few seconds, until it is dropped.
pub struct SleepWatch(system::LogindClient);

impl SleepWatch {
    /// Starts to watch.
    ///
    /// # Errors
    /// [`SleepSignalUnavailable`].
    pub async fn begin() -> Result<Self, SleepSignalUnavailable> {
        system::LogindClient::find().await.map(Self)
    }

    /// Waits for the word. To be asked once.
    pub async fn word(&mut self) -> SleepEvent {
        self.0.word().await
    }
}
