//! Owns the timeout of a whole command. The clock is first read when the command has to wait, which is seldom.

use std::cell::Cell;
use std::time::{Duration, Instant};

use cp_token_protocol::{ErrorCode, Failure};

#[derive(Debug)]
pub(crate) struct Deadline {
    total: Duration,
    end: Cell<Option<Instant>>,
}

impl Deadline {
    pub(crate) fn new(total: Duration) -> Self {
        Self { total, end: Cell::new(None) }
    }

    /// The time left; the first call starts the clock. [`ErrorCode::TIMED_OUT`] if none is left.
    pub(crate) fn remaining(&self) -> Result<Duration, Failure> {
        // A pause of the machine ends no command, so the clock that stops in suspend is the right one here.
        #[allow(clippy::disallowed_methods)]
        let now = Instant::now();
        let end = self.end.get().unwrap_or_else(|| now + self.total);
        self.end.set(Some(end));
        let left = end.saturating_duration_since(now);
        if left.is_zero() { Err(self.passed()) } else { Ok(left) }
    }

    /// As [`Deadline::remaining`], without starting the clock.
    pub(crate) fn remaining_if_started(&self) -> Result<Duration, Failure> {
        if self.end.get().is_some() { self.remaining() } else { Ok(self.total) }
    }

    #[cold]
    pub(crate) fn passed(&self) -> Failure {
        let limit = humantime::format_duration(self.total);
        Failure::new(ErrorCode::TIMED_OUT, format!("there was no answer within {limit}"))
            .with_hint("try again, or allow more with --timeout")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_never_grows_and_ends_in_a_failure_to_try_again() {
        let deadline = Deadline::new(Duration::from_secs(3600));
        let first = deadline.remaining().unwrap();
        assert!(first <= Duration::from_secs(3600) && deadline.remaining().unwrap() <= first);
        let passed = Deadline::new(Duration::ZERO).remaining().unwrap_err();
        assert_eq!(passed.code, ErrorCode::TIMED_OUT);
    }

    #[test]
    fn looking_alone_does_not_start_the_clock() {
        let deadline = Deadline::new(Duration::from_secs(1));
        assert_eq!(deadline.remaining_if_started(), Ok(Duration::from_secs(1)));
        assert!(deadline.end.get().is_none());
    }
}
