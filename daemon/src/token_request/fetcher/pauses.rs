//! Owns the pauses that servers have asked for, by account: they apply to every profile of the account. It does not wait.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use cp_token_protocol::handover::Pause;

use crate::base::clock::Moment;
use crate::base::mutex::lock;
use crate::lease::policy;
use crate::profile::account::AccountKey;
use crate::token_endpoint::TokenRequestError;

/// The current pauses.
#[derive(Debug, Default)]
pub struct Pauses(Mutex<HashMap<AccountKey, Pause>>);

impl Pauses {
    /// Records the pause that a server asks for with this error, if it does. Of two pauses the one that ends later counts.
    pub(super) fn record(&self, account: AccountKey, error: &TokenRequestError, now: Moment) {
        let Some(asked) = error.retry_after() else { return };
        let until = now.after(asked.clamp(policy::MIN_RETRY_AFTER, policy::MAX_RETRY_AFTER));
        let mut pauses = lock(&self.0);
        pauses.retain(|_, pause| now.until(pause.until) > Duration::ZERO);
        let ends_later = |earlier: &Pause| now.until(earlier.until) > now.until(until);
        if !pauses.get(&account).is_some_and(ends_later) {
            let status = if let TokenRequestError::ServerFailed { status, .. } = error {
                *status
            } else {
                TOO_MANY_REQUESTS
            };
            pauses.insert(account.clone(), Pause { account: account.as_str().to_owned(), until, status });
        }
    }

    /// The server's error with the rest of its pause, during a pause.
    pub(super) fn of(&self, account: &AccountKey, now: Moment) -> Option<TokenRequestError> {
        let pauses = lock(&self.0);
        let pause = pauses.get(account)?;
        let left = now.until(pause.until);
        let retry_after = Some((left > Duration::ZERO).then_some(left)?);
        Some(match pause.status {
            TOO_MANY_REQUESTS => TokenRequestError::Busy { retry_after },
            status => TokenRequestError::ServerFailed { status, retry_after },
        })
    }

    /// The pauses, for the new process.
    pub fn export_state(&self) -> Vec<Pause> {
        lock(&self.0).values().cloned().collect()
    }

    /// Adds a pause of the old process.
    pub fn import_state(&self, pause: Pause) {
        lock(&self.0).insert(AccountKey::from_text(pause.account.clone()), pause);
    }
}

const TOO_MANY_REQUESTS: u16 = 429;

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(seconds: u64) -> TokenRequestError {
        TokenRequestError::Busy { retry_after: Some(Duration::from_secs(seconds)) }
    }

    #[test]
    fn a_pause_is_one_accounts_and_ends() {
        let (one, other) = (AccountKey::from_text("a".to_owned()), AccountKey::from_text("b".to_owned()));
        let now = Moment { boot: Duration::from_secs(100), wall: Duration::from_secs(1000) };
        let pauses = Pauses::default();
        pauses.record(one.clone(), &TokenRequestError::Busy { retry_after: None }, now);
        assert_eq!(pauses.of(&one, now), None, "it asked for none");
        pauses.record(one.clone(), &busy(86_400), now);
        let later = now.after(Duration::from_secs(100));
        assert_eq!((pauses.of(&one, later), pauses.of(&other, later)), (Some(busy(200)), None));
        let end = now.after(policy::MAX_RETRY_AFTER);
        assert_eq!(pauses.of(&one, end), None);
        pauses.record(other, &busy(1), end);
        assert_eq!(lock(&pauses.0).len(), 1, "what is over is not kept");
    }

    #[test]
    fn of_two_pauses_the_one_that_ends_later_counts() {
        let account = || AccountKey::from_text("a".to_owned());
        let now = Moment { boot: Duration::from_secs(100), wall: Duration::from_secs(1000) };
        let pauses = Pauses::default();
        pauses.record(account(), &busy(60), now);
        let later = now.after(Duration::from_secs(1));
        pauses.record(account(), &busy(1), later);
        assert_eq!(pauses.of(&account(), later), Some(busy(59)), "a shorter one ends nothing");
        pauses.record(account(), &busy(90), later);
        assert_eq!(pauses.of(&account(), later), Some(busy(90)), "a longer one lasts");
        let set_back = Moment { wall: Duration::ZERO, ..later.after(Duration::from_secs(89)) };
        pauses.record(account(), &busy(60), set_back);
        assert_eq!(pauses.of(&account(), set_back), Some(busy(60)), "by what is left, not by the calendar");
    }

    #[test]
    fn the_next_daemon_keeps_every_pause_and_what_the_server_said() {
        let (one, other) = (AccountKey::from_text("a".to_owned()), AccountKey::from_text("b".to_owned()));
        let now = Moment { boot: Duration::from_secs(100), wall: Duration::from_secs(1000) };
        let failed = |left| TokenRequestError::ServerFailed { status: 503, retry_after: Some(left) };
        let (old, new) = (Pauses::default(), Pauses::default());
        old.record(one.clone(), &busy(30), now);
        old.record(other.clone(), &failed(Duration::from_secs(40)), now);
        old.export_state().into_iter().for_each(|pause| new.import_state(pause));
        let later = now.after(Duration::from_secs(10));
        assert_eq!(new.of(&one, later), Some(busy(20)));
        assert_eq!(new.of(&other, later), Some(failed(Duration::from_secs(30))));
    }
}
