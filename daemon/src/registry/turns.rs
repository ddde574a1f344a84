//! Owns which change may go on: a bounded number at once, one at a time for each profile, and one at a time of those
//! that store something. It must not know what they change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cp_token_protocol::ProfileName;
use tokio::sync::{MutexGuard, OwnedMutexGuard, Semaphore, SemaphorePermit};

use super::error::RegistryError;

/// How many changes are let in, those that wait included.
const LIMIT: u32 = 64;

/// The changes that were let in.
pub(super) struct ChangeTurns {
    places: Semaphore,
    profiles: Mutex<HashMap<ProfileName, Arc<tokio::sync::Mutex<()>>>>,
    storing: tokio::sync::Mutex<()>,
}

/// A change that was let in; over when this is dropped.
pub(super) struct ChangeTurn<'t> {
    _place: SemaphorePermit<'t>,
    _profile: Option<OwnedMutexGuard<()>>,
}

impl Default for ChangeTurns {
    fn default() -> Self {
        let places = Semaphore::new(LIMIT as usize);
        Self { places, profiles: Mutex::default(), storing: tokio::sync::Mutex::default() }
    }
}

impl ChangeTurns {
    /// A turn that waits for nobody.
    ///
    /// # Errors
    /// Where too many changes are under way.
    pub(super) fn any(&self) -> Result<ChangeTurn<'_>, RegistryError> {
        let place = self.places.try_acquire().map_err(|_| RegistryError::TooMany)?;
        Ok(ChangeTurn { _place: place, _profile: None })
    }

    /// A turn that no other change of this profile has meanwhile.
    ///
    /// # Errors
    /// As [`ChangeTurns::any`].
    pub(super) async fn of(&self, name: &ProfileName) -> Result<ChangeTurn<'_>, RegistryError> {
        let turn = self.any()?;
        let profile = {
            let mut profiles = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
            profiles.retain(|_, profile| Arc::strong_count(profile) > 1);
            Arc::clone(profiles.entry(name.clone()).or_default())
        };
        Ok(ChangeTurn { _profile: Some(profile.lock_owned().await), ..turn })
    }

    /// Waits until no other change stores anything; none does while this is kept.
    pub(super) async fn storing(&self) -> MutexGuard<'_, ()> {
        self.storing.lock().await
    }

    /// That no change stores anything, for as long as it is kept; nothing where one does.
    pub(super) fn quiet(&self) -> Option<MutexGuard<'_, ()>> {
        self.storing.try_lock().ok()
    }

    /// Waits until every change is over.
    pub(super) async fn all_over(&self) {
        drop(self.places.acquire_many(LIMIT).await);
        drop(self.storing.lock().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_of_one_profile_come_one_after_the_other_and_no_more_are_let_in_than_places() {
        let (turns, [a, b]) =
            (ChangeTurns::default(), ["a", "b"].map(|name| ProfileName::parse(name).unwrap()));
        let first = turns.of(&a).await.unwrap();
        let mut second = std::pin::pin!(turns.of(&a));
        assert!(futures_are_pending(second.as_mut()).await);
        drop(turns.of(&b).await.unwrap());
        drop(first);
        drop(second.await.unwrap());
        let all: Vec<_> = (0..LIMIT).map(|_| turns.any().unwrap()).collect();
        assert!(turns.any().is_err());
        drop(all);
        turns.all_over().await;
        assert!(turns.any().is_ok());
    }

    async fn futures_are_pending<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
        let mut future = Some(future);
        std::future::poll_fn(|context| {
            let future = future.take().unwrap();
            std::task::Poll::Ready(future.poll(context).is_pending())
        })
        .await
    }
}
