//! Owns the reading of the two clocks on Unix.
#![allow(unsafe_code)]

use std::time::Duration;

use super::{Clock, Moment};

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The clock that runs during suspend. macOS reads `mach_continuous_time` for it.
#[cfg(target_os = "linux")]
const BOOT: libc::clockid_t = libc::CLOCK_BOOTTIME;
#[cfg(target_os = "macos")]
const BOOT: libc::clockid_t = libc::CLOCK_MONOTONIC_RAW;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment { boot: read(BOOT), wall: read(libc::CLOCK_REALTIME) }
    }
}

/// The processor time that this thread has used.
pub fn thread_time() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The C library's call, not the vDSO directly, so that clocks can be interposed (by a test, or a container's shim).
fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a writable timespec.
    let status = unsafe { libc::clock_gettime(clock, &raw mut time) };
    if status != 0 {
        return Duration::ZERO;
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds.min(999_999_999))
}
