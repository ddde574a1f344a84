//! Owns the reading of the two clocks on Windows.
#![allow(unsafe_code)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::Threading::{GetCurrentThread, GetThreadTimes};

use super::{Clock, Moment};

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// The tick count goes on during sleep and hibernation, and nobody sets it; `Instant` would stop.
    fn now(&self) -> Moment {
        // SAFETY: reads a number.
        let boot = Duration::from_millis(unsafe { GetTickCount64() });
        #[allow(clippy::disallowed_methods, reason = "the one place where the system's clocks are read")]
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment { boot, wall }
    }
}

/// The processor time that this thread has used.
pub fn thread_time() -> Duration {
    let none = || FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
    let (mut created, mut exited, mut kernel, mut user) = (none(), none(), none(), none());
    // SAFETY: the four are writable, and the handle of the calling thread needs no closing.
    let done = unsafe {
        GetThreadTimes(GetCurrentThread(), &raw mut created, &raw mut exited, &raw mut kernel, &raw mut user)
    };
    if done == 0 { Duration::ZERO } else { span(kernel).saturating_add(span(user)) }
}

/// Tenths of a microsecond.
fn span(time: FILETIME) -> Duration {
    let tenths = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    Duration::from_nanos(tenths.saturating_mul(100))
}
