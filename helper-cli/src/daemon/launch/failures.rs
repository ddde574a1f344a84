//! Owns the record of failed starts of this installation, so that not every caller starts a daemon that cannot start.

use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};

use super::lock::StartLock;
use super::system;
use crate::terminal::sanitize::sanitize;

const FAILURE_WINDOW: Duration = Duration::from_secs(10);
const MAX_FAILURES: usize = 3;

/// The longest message that is remembered, in characters.
const MESSAGE_LIMIT: usize = 200;

/// The most that is remembered for all installations together.
const MAX_REMEMBERED: usize = 16;

struct FailedStart {
    time: u64,
    /// The hash of the start conditions.
    key: u64,
    message: String,
}

/// The recent failed starts, oldest first.
pub(super) struct RecentFailures {
    now: u64,
    key: u64,
    failures: Vec<FailedStart>,
}

impl RecentFailures {
    /// Parses the lock's content; `what` are the start conditions.
    pub(super) fn read(lock: &StartLock, what: &[Vec<u8>]) -> Self {
        Self::parse(&lock.content(), system::milliseconds_since_boot(), key(what))
    }

    fn parse(content: &str, now: u64, key: u64) -> Self {
        let oldest = now.saturating_sub(FAILURE_WINDOW.as_millis() as u64);
        let entry = |line: &str| {
            let (time, rest) = line.split_once(' ')?;
            let (key, message) = rest.split_once(' ')?;
            let time = time.parse().ok().filter(|time| (oldest..=now).contains(time))?;
            Some(FailedStart { time, key: u64::from_str_radix(key, 16).ok()?, message: sanitize(message) })
        };
        Self { now, key, failures: content.lines().filter_map(entry).collect() }
    }

    /// Fails with [`ErrorCode::DAEMON_UNAVAILABLE`] if too many starts of this have failed lately.
    pub(super) fn require_attempt_left(&self) -> Result<(), Failure> {
        let ours: Vec<_> = self.failures.iter().filter(|failed| failed.key == self.key).collect();
        let Some(last) = ours.last().filter(|_| ours.len() >= MAX_FAILURES) else { return Ok(()) };
        let message = format!(
            "cp-tokend failed to start {MAX_FAILURES} times within {} s: {}",
            FAILURE_WINDOW.as_secs(),
            last.message
        );
        Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message)
            .with_hint(format!("fix that, wait {} s and try again", FAILURE_WINDOW.as_secs())))
    }

    pub(super) fn add(&mut self, failure: &Failure) {
        let message = sanitize(&failure.message).chars().take(MESSAGE_LIMIT).collect();
        self.failures.push(FailedStart { time: self.now, key: self.key, message });
        let too_many = self.failures.len().saturating_sub(MAX_REMEMBERED);
        self.failures.drain(..too_many);
    }

    pub(super) fn write(&self, lock: &StartLock) {
        lock.replace_content(&self.text());
    }

    fn text(&self) -> String {
        let line = |failed: &FailedStart| format!("{} {:016x} {}\n", failed.time, failed.key, failed.message);
        self.failures.iter().map(line).collect()
    }
}

/// A hash (FNV-1a). A collision only harms whoever causes it.
fn key(what: &[Vec<u8>]) -> u64 {
    let bytes = what.iter().flat_map(|part| part.iter().copied().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures_at(times: &[u64], now: u64) -> RecentFailures {
        let lines: String = times.iter().map(|time| format!("{time} 7 it broke\n")).collect();
        RecentFailures::parse(&lines, now, 7)
    }

    #[test]
    fn b18_three_failures_within_ten_seconds_refuse_a_fourth_start_and_say_why() {
        assert!(failures_at(&[1000, 2000], 3000).require_attempt_left().is_ok());
        let refusal = failures_at(&[1000, 2000, 3000], 11_000).require_attempt_left().unwrap_err();
        assert_eq!(refusal.code, ErrorCode::DAEMON_UNAVAILABLE);
        assert!(refusal.message.ends_with("it broke"));
        assert!(failures_at(&[1000, 2000, 3000], 11_001).require_attempt_left().is_ok());
    }

    #[test]
    fn times_of_an_earlier_boot_and_garbage_count_for_nothing() {
        assert!(failures_at(&[9000, 9000, 9000], 5000).require_attempt_left().is_ok());
        let garbage = "x y\n\n99999999999999999999 7 z\n1000\n1000 7\n1000 xyz a\n-5 7 a\n";
        assert!(RecentFailures::parse(garbage, 1000, 7).failures.is_empty());
    }

    #[test]
    fn what_fails_elsewhere_counts_for_itself_and_is_remembered_beside_ours() {
        let other = |text: &str| RecentFailures::parse(text, 3000, 8);
        let text = failures_at(&[1000, 2000, 3000], 3000).text();
        assert!(other(&text).require_attempt_left().is_ok());
        let mut failures = other(&text);
        failures.add(&Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "x".repeat(9000)));
        let (text, ours) = (failures.text(), failures_at(&[], 3000));
        assert!(
            text.len() < 1000
                && RecentFailures { failures: other(&text).failures, ..ours }.require_attempt_left().is_err()
        );
        (0..100).for_each(|_| failures.add(&Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "it broke")));
        assert_eq!(failures.failures.len(), MAX_REMEMBERED);
        let parts =
            |parts: &[&str]| key(&parts.iter().map(|part| part.as_bytes().to_vec()).collect::<Vec<_>>());
        assert!(parts(&["a", "b"]) == parts(&["a", "b"]) && parts(&["a", "b"]) != parts(&["ab", ""]));
    }
}
