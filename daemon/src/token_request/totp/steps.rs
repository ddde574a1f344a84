//! Owns the rule that no one-time code is used twice, and the time until the next one. Pure: time is an argument.

use std::collections::VecDeque;
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::handover::{self, CodeUse};
use zeroize::Zeroizing;

use super::DEFAULT_PERIOD;
use crate::profile::account::AccountKey;

/// The most used codes that are kept; a server keeps far fewer.
const MAX_CODES: usize = 32;
/// A clock that is behind the last use by more steps than this was set back; it is not waited for.
const MAX_STEPS_BEHIND: u32 = 10;

/// Until when no other code can be used, with steps as long as `period`; `None` if one can be used.
pub fn blocked_until(last: CodeUse, now: Duration, period: Duration) -> Option<Duration> {
    let ends = end_of(last.ends.saturating_sub(Duration::from_secs(1)), period).max(last.ends);
    let left = ends.checked_sub(now).filter(|left| !left.is_zero())?;
    (left <= period.max(last.period).saturating_mul(MAX_STEPS_BEHIND)).then_some(ends)
}

/// The used codes of one account.
#[derive(Debug, Default)]
pub struct UsedCodes {
    codes: VecDeque<Zeroizing<Vec<u8>>>,
    last: Option<CodeUse>,
    /// Whether another process had the last use: its code is then not among `codes`.
    by_other_process: bool,
}

impl UsedCodes {
    /// The used codes, for the new process.
    pub fn export_state(&self, account: &AccountKey) -> handover::Codes {
        let codes = self.codes.iter().map(|code| Secret::copy_of(code)).collect();
        handover::Codes {
            account: account.as_str().to_owned(),
            codes,
            last: self.last,
            by_other_process: self.by_other_process,
        }
    }

    /// The used codes of the old process; the latest, if there are too many.
    pub fn import_state(state: &handover::Codes) -> Self {
        let first = state.codes.len().saturating_sub(MAX_CODES);
        let codes = state.codes[first..].iter().map(|code| Zeroizing::new(code.expose().to_vec()));
        Self { codes: codes.collect(), last: state.last, by_other_process: state.by_other_process }
    }

    /// How long no code can be used; `None` if one can be used now.
    ///
    /// With `period`, the code is computed from steps of that length, so that one use takes the whole step.
    pub fn time_until_reusable(&self, now: Duration, period: Option<Duration>) -> Option<Duration> {
        let last = self.last.filter(|_| period.is_some() || self.by_other_process)?;
        blocked_until(last, now, period.unwrap_or(DEFAULT_PERIOD)).map(|end| end.saturating_sub(now))
    }

    /// Whether this very code was used.
    pub fn contains(&self, code: &Secret) -> bool {
        self.codes.iter().any(|used| code.matches(used))
    }

    /// The mark of the last use, if its code is known.
    pub fn known_mark(&self) -> Option<u64> {
        self.last.filter(|_| !self.by_other_process).map(|last| last.mark)
    }

    /// Records that another process has used a code.
    pub fn record_other(&mut self, other: CodeUse) {
        self.last = Some(other);
        self.by_other_process = true;
    }

    /// Records a use before the code is sent, so that it is never sent again. False if this very code was used before.
    pub fn record(&mut self, code: &Secret, new: CodeUse) -> bool {
        if self.contains(code) {
            return false;
        }
        if self.codes.len() == MAX_CODES {
            self.codes.pop_front();
        }
        self.codes.push_back(Zeroizing::new(code.expose().to_vec()));
        self.last = Some(new);
        self.by_other_process = false;
        true
    }
}

/// The number of the step at `now`, time since 1970.
pub fn step(now: Duration, period: Duration) -> u64 {
    now.as_secs() / period.as_secs().max(1)
}

/// The end of the step at `now`, since 1970.
pub fn end_of(now: Duration, period: Duration) -> Duration {
    Duration::from_secs(step(now, period).saturating_add(1).saturating_mul(period.as_secs()))
}

/// How long until the next step.
pub fn until_next(now: Duration, period: Duration) -> Duration {
    end_of(now, period).saturating_sub(now)
}

#[cfg(test)]
mod tests;
