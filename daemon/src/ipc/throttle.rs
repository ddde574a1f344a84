//! Owns the rate limit of log lines that a peer can cause: at `debug` and `trace` the log folds no repeats. Pure.

use std::time::Duration;

const MAX_LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// At most ten lines a minute; the rest is counted.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    window: Option<Duration>,
    written: u32,
    suppressed: u64,
}

impl Throttle {
    /// Whether a line may be written at `boot`, and how many were left out since the last one.
    pub(super) fn admit(&mut self, boot: Duration) -> Option<u64> {
        if self.window.is_none_or(|start| boot.saturating_sub(start) >= WINDOW) {
            self.window = Some(boot);
            self.written = 0;
        }
        if self.written == MAX_LINES {
            self.suppressed += 1;
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d08_a_hundred_thousand_refusals_make_ten_lines_a_minute() {
        let mut throttle = Throttle::default();
        let at = |index: u64| Duration::from_micros(index * 600);
        let lines = (0..100_000).filter_map(|index| throttle.admit(at(index))).count();
        assert_eq!(lines, 10);
        assert_eq!(throttle.admit(Duration::from_secs(60)), Some(99_990), "what was left out is written");
    }
}
