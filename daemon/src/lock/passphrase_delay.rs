//! Owns the pause after wrong passphrases. Pure: time is an argument.

use std::time::Duration;

/// Wrong passphrases without a pause: people mistype.
const FREE_ATTEMPTS: u32 = 2;
/// The first pause; each further wrong passphrase doubles it.
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, however many passphrases were wrong.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The wrong passphrases since the last right one. All callers are counted together, because a new caller costs an
/// attacker nothing.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct PassphraseDelay {
    pub(super) wrong: u32,
    /// The end of the pause, on the boot clock, which cannot be set back. A passphrase that comes earlier is checked then.
    pub(super) until: Duration,
}

impl PassphraseDelay {
    /// Counts a wrong passphrase. Returns the pause that begins with it.
    pub(super) fn wrong_passphrase(&mut self, boot: Duration) -> Duration {
        self.wrong = self.wrong.saturating_add(1);
        let pause = match self.wrong.checked_sub(FREE_ATTEMPTS + 1) {
            None => Duration::ZERO,
            Some(doublings) => MIN_PAUSE.saturating_mul(1 << doublings.min(16)).min(MAX_PAUSE),
        };
        self.until = boot.saturating_add(pause);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn c14_the_third_wrong_try_costs_a_second_and_each_further_one_twice_as_much_up_to_a_minute() {
        let mut delay = PassphraseDelay::default();
        let pauses: Vec<u64> = (0..12).map(|_| delay.wrong_passphrase(Duration::ZERO).as_secs()).collect();
        assert_eq!(pauses, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }

    #[test]
    fn c14_a_pause_is_counted_from_the_wrong_try_on_and_comes_to_its_end() {
        let mut delay = PassphraseDelay::default();
        let now = 1000 * SECOND;
        assert!(delay.until <= now);
        for _ in 0..4 {
            delay.wrong_passphrase(now);
        }
        assert_eq!(delay.until, now + 2 * SECOND);
        assert_eq!(delay.wrong_passphrase(now + 2 * SECOND), 4 * SECOND, "the count goes on after a pause");
    }

    #[test]
    fn c14_a_hundred_tries_a_second_are_as_many_looks_as_there_are_pauses() {
        let mut delay = PassphraseDelay::default();
        let mut looks = 0;
        for try_number in 0..100 * 3600 {
            let now = SECOND * try_number / 100;
            if delay.until <= now {
                looks += 1;
                delay.wrong_passphrase(now);
            }
        }
        assert_eq!(looks, 3 + 6 + 58, "in an hour");
    }

    #[test]
    fn no_number_of_tries_and_no_clock_overflows() {
        let mut delay = PassphraseDelay { wrong: u32::MAX - 1, until: Duration::ZERO };
        delay.wrong_passphrase(Duration::MAX);
        assert_eq!(delay.wrong_passphrase(Duration::MAX), MAX_PAUSE);
        assert_eq!(delay.until, Duration::MAX);
    }
}
