//! Owns the turns of credentials that are not known to work: of several requests that would send the same one, the first
//! finds out. It must not know what a credential is, and holds nobody up for another one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cp_token_protocol::ProfileName;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::refusals::Credential;

/// The credentials that are being tried, each with the profile that tries it.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<Busy>);

#[derive(Debug, Default)]
struct Busy {
    tried: HashMap<Credential, (ProfileName, Arc<Notify>)>,
    /// Who waits for which other profile.
    waiting: HashMap<ProfileName, ProfileName>,
}

/// The turn of some credentials; over when it is dropped, however that comes about.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    credentials: Vec<Credential>,
}

impl Turns {
    /// The turn of whatever is unproved once nobody else tries any of it. Nothing is held meanwhile, so that who needs one
    /// credential never waits for another.
    pub(super) async fn take(
        &self,
        profile: &ProfileName,
        unproved: impl Fn() -> Vec<Credential>,
    ) -> Turn<'_> {
        loop {
            match self.try_take(profile, unproved()) {
                Ok(turn) => return turn,
                Err((_waiting, over)) => over.await,
            }
        }
    }

    /// The profile that this one waits for.
    pub(super) fn ahead_of(&self, profile: &ProfileName) -> Option<ProfileName> {
        self.lock().waiting.get(profile).cloned()
    }

    fn try_take(
        &self,
        profile: &ProfileName,
        credentials: Vec<Credential>,
    ) -> Result<Turn<'_>, (Waiting<'_>, OwnedNotified)> {
        let mut busy = self.lock();
        let other = credentials.iter().find_map(|credential| busy.tried.get(credential)).cloned();
        if let Some((other, over)) = other {
            busy.waiting.insert(profile.clone(), other);
            return Err((Waiting { turns: self, profile: profile.clone() }, over.notified_owned()));
        }
        let tried = |credential: &Credential| (credential.clone(), (profile.clone(), Arc::default()));
        busy.tried.extend(credentials.iter().map(tried));
        Ok(Turn { turns: self, credentials })
    }

    fn lock(&self) -> MutexGuard<'_, Busy> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That a profile waits for its turn, for as long as it is kept.
struct Waiting<'t> {
    turns: &'t Turns,
    profile: ProfileName,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut busy = self.turns.lock();
        let over = self.credentials.iter().filter_map(|credential| busy.tried.remove(credential));
        over.for_each(|(_, waiting)| waiting.notify_waiters());
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.turns.lock().waiting.remove(&self.profile);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, timeout};

    use super::*;
    use crate::account::AccountKey;

    fn name(text: &str) -> ProfileName {
        ProfileName::parse(text).expect("a name")
    }

    fn credential(account: &str) -> Credential {
        (AccountKey::told(account.to_owned()), [0; 32])
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_tried_by_one_at_a_time_and_holds_up_no_other() {
        let turns = Turns::default();
        let [proxy, one, other] = ["proxy", "one", "other"].map(credential);
        let first = turns.take(&name("a"), || vec![one.clone()]).await;
        let (of_b, of_x) = (name("b"), name("x"));
        let both = || vec![proxy.clone(), one.clone()];
        let mut waits = std::pin::pin!(turns.take(&of_b, both));
        let soon = Duration::from_secs(1);
        assert!(timeout(soon, waits.as_mut()).await.is_err());
        assert_eq!((turns.ahead_of(&of_b), turns.ahead_of(&of_x)), (Some(name("a")), None));
        drop(turns.take(&of_x, || vec![proxy.clone(), other.clone()]).await);
        drop(turns.take(&of_x, Vec::new).await);
        drop(first);
        let second = timeout(soon, waits).await.expect("it is over");
        assert_eq!(turns.ahead_of(&of_b), None);
        assert!(timeout(soon, turns.take(&of_x, || vec![proxy.clone()])).await.is_err());
        drop(second);
        assert!(turns.lock().tried.is_empty() && turns.lock().waiting.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_goes_at_once_when_it_is_proved() {
        let (turns, is_proved) = (Turns::default(), std::cell::Cell::new(false));
        let unproved = || if is_proved.get() { Vec::new() } else { vec![credential("one")] };
        let [a, b, c] = ["a", "b", "c"].map(name);
        let first = turns.take(&a, unproved).await;
        let (second, third) = (turns.take(&b, unproved), turns.take(&c, unproved));
        let prove = async {
            tokio::task::yield_now().await;
            is_proved.set(true);
            drop(first);
        };
        let _together = tokio::join!(second, third, prove);
        assert!(turns.lock().tried.is_empty() && turns.lock().waiting.is_empty());
    }
}
