//! Owns the folding of repeated log lines: a repeat within a minute is counted and not written. Pure.

use std::time::Duration;

/// How long repeats of a line are counted.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How many different lines are cached.
const MAX_LINES: usize = 32;

/// The lines of the last minute, oldest first.
#[derive(Default)]
pub(super) struct Repeats(Vec<RecentLine>);

struct RecentLine {
    line: Vec<u8>,
    at: Duration,
    repeats: u64,
}

/// What to do with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineAction {
    /// Write it, after the count of the line that it replaces.
    Write(Option<Vec<u8>>),
    /// Count it; it is the first repeat.
    FirstRepeat,
    /// Count it.
    Repeat,
}

impl Repeats {
    /// Decides about a line at `now`, on a clock that never goes back. The timestamp before the first space is ignored.
    pub(super) fn fold(&mut self, line: &[u8], now: Duration) -> LineAction {
        let is_same = |recent: &&mut RecentLine| text(&recent.line) == text(line) && now < recent.at + WINDOW;
        if let Some(recent) = self.0.iter_mut().find(is_same) {
            recent.repeats += 1;
            return if recent.repeats == 1 { LineAction::FirstRepeat } else { LineAction::Repeat };
        }
        let outdated = self.0.iter().position(|recent| text(&recent.line) == text(line));
        let oldest = (self.0.len() >= MAX_LINES).then_some(0);
        let removed = outdated.or(oldest).map(|index| self.0.remove(index));
        self.0.push(RecentLine { line: line.to_owned(), at: now, repeats: 0 });
        LineAction::Write(removed.and_then(RecentLine::count))
    }

    /// Removes the lines that are older than a minute, and returns their counts.
    pub(super) fn due(&mut self, now: Duration) -> Vec<Vec<u8>> {
        let (due, kept) =
            std::mem::take(&mut self.0).into_iter().partition(|recent| now >= recent.at + WINDOW);
        self.0 = kept;
        let due: Vec<RecentLine> = due;
        due.into_iter().filter_map(RecentLine::count).collect()
    }

    /// Whether a count is not written yet.
    pub(super) fn has_counts(&self) -> bool {
        self.0.iter().any(|recent| recent.repeats > 0)
    }
}

impl RecentLine {
    fn count(self) -> Option<Vec<u8>> {
        let mut line = self.line;
        while line.ends_with(b"\n") {
            line.pop();
        }
        let times = if self.repeats == 1 { "once".to_owned() } else { format!("{} times", self.repeats) };
        line.extend_from_slice(format!(" (and {times} more within a minute)\n").as_bytes());
        (self.repeats > 0).then_some(line)
    }
}

fn text(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| *byte == b' ');
    start.map_or(line, |start| &line[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_cause_is_one_line_and_a_count() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.fold(b"00:01 WARN x\n", at(1)), LineAction::Write(None));
        assert_eq!(repeats.fold(b"00:01 WARN y\n", at(1)), LineAction::Write(None));
        assert!(!repeats.has_counts());
        assert_eq!(repeats.fold(b"00:02 WARN x\n", at(2)), LineAction::FirstRepeat);
        for _ in 0..56_000 {
            assert_eq!(repeats.fold(b"00:03 WARN x\n", at(3)), LineAction::Repeat);
        }
        assert_eq!(repeats.due(at(60)), Vec::<Vec<u8>>::new());
        let due = b"00:01 WARN x (and 56001 times more within a minute)\n".to_vec();
        assert_eq!(repeats.due(at(61)), vec![due]);
        assert_eq!(
            repeats.fold(b"01:02 WARN x\n", at(62)),
            LineAction::Write(None),
            "a minute later it is news"
        );
    }

    #[test]
    fn the_count_of_a_line_that_is_replaced_is_written_first() {
        let mut repeats = Repeats::default();
        for number in 0..MAX_LINES {
            repeats.fold(format!("0 line {number}\n").as_bytes(), at(0));
        }
        repeats.fold(b"0 line 0\n", at(1));
        let count = LineAction::Write(Some(b"0 line 0 (and once more within a minute)\n".to_vec()));
        assert_eq!(repeats.fold(b"0 another\n", at(1)), count);
        assert_eq!(repeats.fold(b"0 one more\n", at(1)), LineAction::Write(None));
    }
}
