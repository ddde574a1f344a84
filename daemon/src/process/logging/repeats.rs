//! Owns which lines of the log were said a moment ago: those are counted and not written. It knows nothing of files, and
//! time is an argument.

use std::time::Duration;

/// How long a line stands for all that say the same.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How many different lines are remembered.
const REMEMBERED: usize = 32;

/// The lines of the last moments, oldest first.
#[derive(Default)]
pub(super) struct Repeats(Vec<Said>);

struct Said {
    line: Vec<u8>,
    at: Duration,
    more: u64,
}

/// What is to become of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is written, after what has to be said of one that makes room for it.
    Write(Option<Vec<u8>>),
    /// It is the first that is counted only.
    FirstRepeat,
    /// It is counted only.
    Repeat,
}

impl Repeats {
    /// Judges a line at `now`, on any clock that goes on. All but the time before its first space tells lines apart.
    pub(super) fn judge(&mut self, line: &[u8], now: Duration) -> Verdict {
        let is_same = |said: &&mut Said| words(&said.line) == words(line) && now < said.at + WINDOW;
        if let Some(said) = self.0.iter_mut().find(is_same) {
            said.more += 1;
            return if said.more == 1 { Verdict::FirstRepeat } else { Verdict::Repeat };
        }
        let outdated = self.0.iter().position(|said| words(&said.line) == words(line));
        let oldest = (self.0.len() >= REMEMBERED).then_some(0);
        let gone = outdated.or(oldest).map(|place| self.0.remove(place));
        self.0.push(Said { line: line.to_owned(), at: now, more: 0 });
        Verdict::Write(gone.and_then(Said::count))
    }

    /// The counts that are due at `now`. What they are of is forgotten.
    pub(super) fn due(&mut self, now: Duration) -> Vec<Vec<u8>> {
        let (due, kept) = std::mem::take(&mut self.0).into_iter().partition(|said| now >= said.at + WINDOW);
        self.0 = kept;
        let due: Vec<Said> = due;
        due.into_iter().filter_map(Said::count).collect()
    }

    /// Whether a count is still to be written.
    pub(super) fn has_counts(&self) -> bool {
        self.0.iter().any(|said| said.more > 0)
    }
}

impl Said {
    fn count(self) -> Option<Vec<u8>> {
        let mut line = self.line;
        while line.ends_with(b"\n") {
            line.pop();
        }
        let times = if self.more == 1 { "once".to_owned() } else { format!("{} times", self.more) };
        line.extend_from_slice(format!(" (and {times} more within a minute)\n").as_bytes());
        (self.more > 0).then_some(line)
    }
}

fn words(line: &[u8]) -> &[u8] {
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
        assert_eq!(repeats.judge(b"00:01 WARN x\n", at(1)), Verdict::Write(None));
        assert_eq!(repeats.judge(b"00:01 WARN y\n", at(1)), Verdict::Write(None));
        assert!(!repeats.has_counts());
        assert_eq!(repeats.judge(b"00:02 WARN x\n", at(2)), Verdict::FirstRepeat);
        for _ in 0..56_000 {
            assert_eq!(repeats.judge(b"00:03 WARN x\n", at(3)), Verdict::Repeat);
        }
        assert_eq!(repeats.due(at(60)), Vec::<Vec<u8>>::new());
        let due = b"00:01 WARN x (and 56001 times more within a minute)\n".to_vec();
        assert_eq!(repeats.due(at(61)), vec![due]);
        assert_eq!(
            repeats.judge(b"01:02 WARN x\n", at(62)),
            Verdict::Write(None),
            "a minute later it is news"
        );
    }

    #[test]
    fn a_line_that_makes_room_says_first_how_often_it_was_met() {
        let mut repeats = Repeats::default();
        for number in 0..REMEMBERED {
            repeats.judge(format!("0 line {number}\n").as_bytes(), at(0));
        }
        repeats.judge(b"0 line 0\n", at(1));
        let told = Verdict::Write(Some(b"0 line 0 (and once more within a minute)\n".to_vec()));
        assert_eq!(repeats.judge(b"0 another\n", at(1)), told);
        assert_eq!(repeats.judge(b"0 one more\n", at(1)), Verdict::Write(None));
    }
}
