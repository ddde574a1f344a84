//! Owns how long a wrong passphrase holds up the next try. Pure: time is an argument.

use std::time::Duration;

/// Wrong tries that cost nothing: people mistype.
const FREE: u32 = 2;
/// The pause after the first wrong try that costs something; each further one doubles it.
const SHORTEST: Duration = Duration::from_secs(1);
/// However many tries were wrong, the right passphrase is heard within this time, where it finds a place in the line.
const LONGEST: Duration = Duration::from_secs(60);

/// The wrong tries since the last right one, whoever made them: a caller costs nothing, so counting by caller
/// would hold up nobody.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Delay {
    wrong: u32,
    /// On the boot clock, which nobody sets back.
    until: Duration,
}

impl Delay {
    pub(super) fn parts(self) -> (u32, Duration) {
        (self.wrong, self.until)
    }

    pub(super) fn inherited(wrong: u32, until: Duration) -> Self {
        Self { wrong, until }
    }

    /// When the pause is over. A try that comes in it is looked at then, whatever becomes of those before it.
    pub(super) fn end(&self) -> Duration {
        self.until
    }

    /// A wrong try; the pause that begins with it.
    pub(super) fn wrong(&mut self, boot: Duration) -> Duration {
        self.wrong = self.wrong.saturating_add(1);
        let pause = match self.wrong.checked_sub(FREE + 1) {
            None => Duration::ZERO,
            Some(doublings) => SHORTEST.saturating_mul(1 << doublings.min(16)).min(LONGEST),
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
        let mut delay = Delay::default();
        let pauses: Vec<u64> = (0..12).map(|_| delay.wrong(Duration::ZERO).as_secs()).collect();
        assert_eq!(pauses, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }

    #[test]
    fn c14_a_pause_is_counted_from_the_wrong_try_on_and_comes_to_its_end() {
        let mut delay = Delay::default();
        let now = 1000 * SECOND;
        assert!(delay.end() <= now);
        for _ in 0..4 {
            delay.wrong(now);
        }
        assert_eq!(delay.end(), now + 2 * SECOND);
        assert_eq!(delay.wrong(now + 2 * SECOND), 4 * SECOND, "the count goes on after a pause");
    }

    #[test]
    fn c14_a_hundred_tries_a_second_are_as_many_looks_as_there_are_pauses() {
        let mut delay = Delay::default();
        let mut looks = 0;
        for try_number in 0..100 * 3600 {
            let now = SECOND * try_number / 100;
            if delay.end() <= now {
                looks += 1;
                delay.wrong(now);
            }
        }
        assert_eq!(looks, 3 + 6 + 58, "in an hour");
    }

    #[test]
    fn no_number_of_tries_and_no_clock_overflows() {
        let mut delay = Delay { wrong: u32::MAX - 1, until: Duration::ZERO };
        delay.wrong(Duration::MAX);
        assert_eq!(delay.wrong(Duration::MAX), LONGEST);
        assert_eq!(delay.end(), Duration::MAX);
    }
}
