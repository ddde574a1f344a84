//! Owns the system's signal that it is about to sleep, and the short delay that it grants before it does. It does not know
//! what is done in that time.

#[cfg(target_os = "linux")]
#[path = "suspend/logind.rs"]
mod system;

#[cfg(not(target_os = "linux"))]
#[path = "suspend/elsewhere.rs"]
mod system;

pub use system::SleepWatch;

/// What ended a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SleepEvent {
    /// The system is about to sleep, and waits a few seconds for us.
    Sleep,
    /// The service that announces sleep is gone.
    SignalLost,
}
