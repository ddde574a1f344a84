//! Owns the memory of starts that failed, so that a daemon that cannot start is not started for every caller.

use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};

use super::lock::StartLock;
use super::system;
use crate::text::clean;

/// How long a failed start counts.
const WINDOW: Duration = Duration::from_secs(10);
/// How many may fail within it.
const ALLOWED: usize = 3;

/// The starts that failed lately, oldest first: milliseconds since the machine started, and what was said.
pub(super) struct RecentFailures {
    now: u64,
    failures: Vec<(u64, String)>,
}

impl RecentFailures {
    /// What the lock's content tells of.
    pub(super) fn read(lock: &StartLock) -> Self {
        Self::parse(&lock.content(), system::milliseconds_since_boot())
    }

    fn parse(content: &str, now: u64) -> Self {
        let oldest = now.saturating_sub(WINDOW.as_millis() as u64);
        let entry = |line: &str| {
            let (time, message) = line.split_once(' ')?;
            let time = time.parse().ok().filter(|time| (oldest..=now).contains(time))?;
            Some((time, clean(message)))
        };
        Self { now, failures: content.lines().filter_map(entry).collect() }
    }

    /// # Errors
    /// [`ErrorCode::DAEMON_UNAVAILABLE`] where too many starts have failed lately.
    pub(super) fn refuse_one_more(&self) -> Result<(), Failure> {
        let Some((_, last)) = self.failures.last().filter(|_| self.failures.len() >= ALLOWED) else {
            return Ok(());
        };
        let message =
            format!("cp-tokend failed to start {ALLOWED} times within {} s: {last}", WINDOW.as_secs());
        Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message)
            .with_hint(format!("mend that, wait {} s and try again", WINDOW.as_secs())))
    }

    /// Remembers one more.
    pub(super) fn add(&mut self, failure: &Failure) {
        self.failures.push((self.now, clean(&failure.message)));
    }

    /// Leaves it for whoever holds the lock next.
    pub(super) fn write(&self, lock: &StartLock) {
        let lines = self.failures.iter().map(|(time, message)| format!("{time} {message}\n"));
        lock.replace_content(&lines.collect::<String>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures_at(times: &[u64], now: u64) -> RecentFailures {
        let lines: String = times.iter().map(|time| format!("{time} it broke\n")).collect();
        RecentFailures::parse(&lines, now)
    }

    #[test]
    fn b18_three_failures_within_ten_seconds_refuse_a_fourth_start_and_say_why() {
        assert!(failures_at(&[1000, 2000], 3000).refuse_one_more().is_ok());
        let refusal = failures_at(&[1000, 2000, 3000], 11_000).refuse_one_more().unwrap_err();
        assert_eq!(refusal.code, ErrorCode::DAEMON_UNAVAILABLE);
        assert!(refusal.message.ends_with("it broke"));
        assert!(failures_at(&[1000, 2000, 3000], 11_001).refuse_one_more().is_ok());
    }

    #[test]
    fn times_of_an_earlier_boot_and_garbage_count_for_nothing() {
        assert!(failures_at(&[9000, 9000, 9000], 5000).refuse_one_more().is_ok());
        let garbage = "x y\n\n99999999999999999999 z\n1000\n-5 a\n";
        assert!(RecentFailures::parse(garbage, 1000).failures.is_empty());
    }
}
