//! Owns the discipline of one-time codes: no code is used twice, and it is known when the next one comes. Pure:
//! time is an argument.

use std::collections::VecDeque;
use std::time::Duration;

use cp_token_protocol::{ProfileName, Secret, handover};
use zeroize::Zeroizing;

use super::STEP;

/// How many used codes are remembered. A server's own memory is far shorter.
const REMEMBERED: usize = 32;
/// A clock that lags behind the last use by more than this was set back; waiting for it would take for ever.
const SET_BACK: u64 = 10;

/// The codes that one profile has used.
#[derive(Debug, Default)]
pub struct UsedCodes {
    codes: VecDeque<Zeroizing<Vec<u8>>>,
    /// When the last one was used, and how long its step was.
    last: Option<(Duration, Duration)>,
    /// Whether that use was before this process: its code is then not among `codes`.
    is_inherited: bool,
}

impl UsedCodes {
    /// What is known after a restart: when, since 1970, an earlier process used a code.
    pub fn inherited(last: Option<Duration>) -> Self {
        let last = last.map(|time| (time, STEP));
        Self { codes: VecDeque::new(), last, is_inherited: last.is_some() }
    }

    /// What the next daemon has to know.
    pub fn bequeath(&self, profile: ProfileName) -> handover::Codes {
        let codes = self.codes.iter().map(|code| Secret::copy_of(code)).collect();
        handover::Codes { profile, codes, last: self.last, is_inherited: self.is_inherited }
    }

    /// What the last daemon knew; of more codes than are remembered, the latest.
    pub fn inherit(legacy: &handover::Codes) -> Self {
        let first = legacy.codes.len().saturating_sub(REMEMBERED);
        let codes = legacy.codes[first..].iter().map(|code| Zeroizing::new(code.expose().to_vec()));
        Self { codes: codes.collect(), last: legacy.last, is_inherited: legacy.is_inherited }
    }

    /// Whether the step may have a code that was used: as long to wait for the next one as is returned.
    ///
    /// `by_step` says that the code is computed from the step, so that one use takes the whole step.
    pub fn wait(&self, now: Duration, by_step: bool) -> Option<Duration> {
        let (last, period) = self.last.filter(|_| by_step || self.is_inherited)?;
        let (last, step) = (step(last, period), step(now, period));
        let is_taken = step <= last && last - step <= SET_BACK;
        is_taken.then(|| until_step(last + 1, now, period))
    }

    /// Whether this very code was used.
    pub fn contains(&self, code: &Secret) -> bool {
        self.codes.iter().any(|used| code.matches(used))
    }

    /// Remembers a use, before the code is sent: whatever becomes of the request, it is not sent again.
    pub fn note(&mut self, code: &Secret, now: Duration, period: Duration) {
        if self.codes.len() == REMEMBERED {
            self.codes.pop_front();
        }
        self.codes.push_back(Zeroizing::new(code.expose().to_vec()));
        self.last = Some((now, period));
        self.is_inherited = false;
    }
}

/// The number of the step that `now`, time since 1970, lies in.
pub fn step(now: Duration, period: Duration) -> u64 {
    now.as_secs() / period.as_secs().max(1)
}

/// How long until another code than the one of `now` can be used.
pub fn until_next(now: Duration, period: Duration) -> Duration {
    until_step(step(now, period) + 1, now, period)
}

fn until_step(number: u64, now: Duration, period: Duration) -> Duration {
    Duration::from_secs(number.saturating_mul(period.as_secs())).saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn code(text: &str) -> Secret {
        Secret::copy_of(text.as_bytes())
    }

    #[test]
    fn a_step_is_used_once_and_the_wait_is_until_the_next() {
        let mut used = UsedCodes::default();
        assert_eq!(used.wait(at(1000), true), None);
        used.note(&code("111111"), at(1000), STEP);
        assert_eq!(used.wait(at(1001), true), Some(at(19)));
        assert_eq!(used.wait(at(1019), true), Some(at(1)));
        assert_eq!(used.wait(at(1020), true), None);
    }

    #[test]
    fn a_mistyped_code_does_not_take_the_step_of_the_right_one() {
        let mut used = UsedCodes::default();
        used.note(&code("111111"), at(1000), STEP);
        assert_eq!(used.wait(at(1001), false), None);
        assert!(used.contains(&code("111111")) && !used.contains(&code("222222")));
    }

    #[test]
    fn after_a_restart_the_step_of_the_last_use_is_over_first() {
        let mut used = UsedCodes::inherited(Some(at(999)));
        assert_eq!(used.wait(at(1000), false), Some(at(20)));
        assert_eq!(used.wait(at(1000), true), Some(at(20)));
        assert_eq!(used.wait(at(1020), false), None);
        used.note(&code("222222"), at(1020), STEP);
        assert_eq!(used.wait(at(1021), false), None);
    }

    #[test]
    fn a_clock_that_was_set_back_far_is_not_waited_for() {
        let mut used = UsedCodes::default();
        used.note(&code("111111"), at(100_000), STEP);
        assert_eq!(used.wait(at(99_990), true), Some(at(30)));
        assert_eq!(used.wait(at(50_000), true), None);
        assert!(used.contains(&code("111111")));
    }

    #[test]
    fn no_code_is_forgotten_before_many_others() {
        let mut used = UsedCodes::default();
        for number in 0..40_u64 {
            used.note(&code(&format!("{number:06}")), at(number * 30), STEP);
        }
        assert!(used.contains(&code("000039")) && used.contains(&code("000008")));
        assert!(!used.contains(&code("000007")));
    }

    #[test]
    fn the_next_step_is_never_further_than_a_period() {
        for seconds in 0..90 {
            let wait = until_next(at(seconds), STEP);
            assert!(wait > Duration::ZERO && wait <= STEP);
            assert_eq!(step(at(seconds) + wait, STEP), step(at(seconds), STEP) + 1);
        }
    }
}
