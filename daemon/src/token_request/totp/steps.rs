//! Owns the discipline of one-time codes: no code is used twice, and it is known when the next one comes. Pure:
//! time is an argument.

use std::collections::VecDeque;
use std::time::Duration;

use cp_token_protocol::{Secret, handover};
use zeroize::Zeroizing;

use super::STEP;
use crate::profile::account::AccountKey;

/// How many used codes are remembered. A server's own memory is far shorter.
const REMEMBERED: usize = 32;
/// A clock that lags behind the last use by more steps than this was set back; waiting for it would take for ever.
const SET_BACK: u32 = 10;

/// One use of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// When its step ends, since 1970: a whole second.
    pub ends: Duration,
    /// How long its step is.
    pub period: Duration,
    /// Tells it from any other.
    pub mark: u64,
}

impl Use {
    /// Until when it keeps others, whose steps are as long as `period`, from using a code; nothing where it does not.
    pub fn until(&self, now: Duration, period: Duration) -> Option<Duration> {
        let ends = end_of(self.ends.saturating_sub(Duration::from_secs(1)), period).max(self.ends);
        let left = ends.checked_sub(now).filter(|left| !left.is_zero())?;
        (left <= period.max(self.period).saturating_mul(SET_BACK)).then_some(ends)
    }
}

/// The codes that one account has used.
#[derive(Debug, Default)]
pub struct UsedCodes {
    codes: VecDeque<Zeroizing<Vec<u8>>>,
    last: Option<Use>,
    /// Whether that use was by another process: its code is then not among `codes`.
    by_other_process: bool,
}

impl UsedCodes {
    /// What the next daemon has to know.
    pub fn export_state(&self, account: &AccountKey) -> handover::Codes {
        let codes = self.codes.iter().map(|code| Secret::copy_of(code)).collect();
        let last = self.last.map(|last| (last.ends, last.period, last.mark));
        handover::Codes {
            account: account.as_str().to_owned(),
            codes,
            last,
            by_other_process: self.by_other_process,
        }
    }

    /// What the last daemon knew; of more codes than are remembered, the latest.
    pub fn import_state(legacy: &handover::Codes) -> Self {
        let first = legacy.codes.len().saturating_sub(REMEMBERED);
        let codes = legacy.codes[first..].iter().map(|code| Zeroizing::new(code.expose().to_vec()));
        let last = legacy.last.map(|(ends, period, mark)| Use { ends, period, mark });
        Self { codes: codes.collect(), last, by_other_process: legacy.by_other_process }
    }

    /// How long no code can be used; nothing where one can be used now.
    ///
    /// `period` says that the code is computed from steps of that length, so that one use takes the whole step.
    pub fn wait(&self, now: Duration, period: Option<Duration>) -> Option<Duration> {
        let last = self.last.filter(|_| period.is_some() || self.by_other_process)?;
        last.until(now, period.unwrap_or(STEP)).map(|end| end.saturating_sub(now))
    }

    /// Whether this very code was used.
    pub fn contains(&self, code: &Secret) -> bool {
        self.codes.iter().any(|used| code.matches(used))
    }

    /// The last use, where its code is known.
    pub fn known(&self) -> Option<u64> {
        self.last.filter(|_| !self.by_other_process).map(|last| last.mark)
    }

    /// Another process has used a code.
    pub fn learn(&mut self, other: Use) {
        self.last = Some(other);
        self.by_other_process = true;
    }

    /// Remembers a use, before the code is sent: whatever becomes of the request, it is not sent again. False where
    /// this very code was used before.
    pub fn note(&mut self, code: &Secret, new: Use) -> bool {
        if self.contains(code) {
            return false;
        }
        if self.codes.len() == REMEMBERED {
            self.codes.pop_front();
        }
        self.codes.push_back(Zeroizing::new(code.expose().to_vec()));
        self.last = Some(new);
        self.by_other_process = false;
        true
    }
}

/// The number of the step that `now`, time since 1970, lies in.
pub fn step(now: Duration, period: Duration) -> u64 {
    now.as_secs() / period.as_secs().max(1)
}

/// When the step that `now` lies in ends, since 1970.
pub fn end_of(now: Duration, period: Duration) -> Duration {
    Duration::from_secs(step(now, period).saturating_add(1).saturating_mul(period.as_secs()))
}

/// How long until another code than the one of `now` can be used.
pub fn until_next(now: Duration, period: Duration) -> Duration {
    end_of(now, period).saturating_sub(now)
}

#[cfg(test)]
mod tests;
