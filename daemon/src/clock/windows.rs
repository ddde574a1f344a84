//! Owns the two clock readings on Windows.
#![allow(unsafe_code)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use windows_sys::Win32::System::SystemInformation::GetTickCount64;

use super::{Clock, Moment};

/// The machine's own clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// The count of milliseconds goes on in sleep and hibernation, and nobody sets it; `Instant` would stop.
    fn now(&self) -> Moment {
        // SAFETY: reads a number.
        let boot = Duration::from_millis(unsafe { GetTickCount64() });
        #[allow(clippy::disallowed_methods, reason = "this is the place where the system's clocks are read")]
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment { boot, wall }
    }
}
