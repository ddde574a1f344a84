//! Owns the current time on two clocks, and is the only caller of the clocks of the system.

#[cfg(unix)]
#[path = "clock/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "clock/windows.rs"]
mod system;

pub use cp_token_protocol::Moment;
pub use system::{SystemClock, thread_time};

/// A source of [`Moment`]s.
pub trait Clock: Send + Sync {
    /// Now, on both clocks.
    fn now(&self) -> Moment;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_system_clock_moves_forward() {
        let first = SystemClock.now();
        let second = SystemClock.now();
        assert!(second.boot >= first.boot);
        assert!(first.wall > Duration::from_secs(1_600_000_000));
    }
}
