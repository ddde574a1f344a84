//! Owns the turns of credentials that are not known to work: of several requests that would send the same one, the first
//! finds out. It must not know what a credential is, and holds nobody up for another one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::refusals::Credential;

/// The credentials that are being tried, each with who waits for that.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<Credential, Arc<Notify>>>);

/// The turn of some credentials; over when it is dropped, however that comes about.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    credentials: Vec<Credential>,
}

impl Turns {
    /// The turn of whatever is unproved once nobody else tries any of it. Nothing is held meanwhile, so that who needs one
    /// credential never waits for another.
    pub(super) async fn take(&self, unproved: impl Fn() -> Vec<Credential>) -> Turn<'_> {
        loop {
            match self.try_take(unproved()) {
                Ok(turn) => return turn,
                Err(over) => over.await,
            }
        }
    }

    fn try_take(&self, credentials: Vec<Credential>) -> Result<Turn<'_>, OwnedNotified> {
        let mut busy = self.lock();
        if let Some(other) = credentials.iter().find_map(|credential| busy.get(credential)) {
            return Err(Arc::clone(other).notified_owned());
        }
        busy.extend(credentials.iter().map(|credential| (credential.clone(), Arc::default())));
        Ok(Turn { turns: self, credentials })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Credential, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut busy = self.turns.lock();
        let over = self.credentials.iter().filter_map(|credential| busy.remove(credential));
        over.for_each(|waiting| waiting.notify_waiters());
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, timeout};

    use super::*;
    use crate::account::AccountKey;

    fn credential(account: &str) -> Credential {
        (AccountKey::told(account.to_owned()), [0; 32])
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_tried_by_one_at_a_time_and_holds_up_no_other() {
        let turns = Turns::default();
        let [proxy, one, other] = ["proxy", "one", "other"].map(credential);
        let first = turns.take(|| vec![one.clone()]).await;
        let both = || vec![proxy.clone(), one.clone()];
        let mut waits = std::pin::pin!(turns.take(both));
        let soon = Duration::from_secs(1);
        assert!(timeout(soon, waits.as_mut()).await.is_err());
        drop(turns.take(|| vec![proxy.clone(), other.clone()]).await);
        drop(turns.take(Vec::new).await);
        drop(first);
        let second = timeout(soon, waits).await.expect("it is over");
        assert!(timeout(soon, turns.take(|| vec![proxy.clone()])).await.is_err());
        drop(second);
        assert!(turns.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_goes_at_once_when_it_is_proved() {
        let (turns, is_proved) = (Turns::default(), std::cell::Cell::new(false));
        let unproved = || if is_proved.get() { Vec::new() } else { vec![credential("one")] };
        let first = turns.take(unproved).await;
        let (second, third) = (turns.take(unproved), turns.take(unproved));
        let prove = async {
            tokio::task::yield_now().await;
            is_proved.set(true);
            drop(first);
        };
        let _together = tokio::join!(second, third, prove);
        assert!(turns.lock().is_empty());
    }
}
