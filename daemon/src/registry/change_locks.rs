//! Owns which change may run: a bounded number in parallel, one of each profile, and one that stores something.

use cp_token_protocol::{Failure, ProfileName};
use tokio::sync::{OwnedMutexGuard, Semaphore, SemaphorePermit};

use super::failure;
use crate::base::mutex::KeyedMutex;

/// The most changes in parallel, including those that wait.
const MAX_CHANGES: u32 = 64;

pub(super) struct ChangeLocks {
    slots: Semaphore,
    profiles: KeyedMutex<ProfileName>,
    /// Held while a change stores something.
    pub(super) storage: tokio::sync::Mutex<()>,
}

/// Allows one change until it is dropped.
pub(super) struct ChangeGuard<'t> {
    _slot: SemaphorePermit<'t>,
    _profile: Option<OwnedMutexGuard<()>>,
}

impl Default for ChangeLocks {
    fn default() -> Self {
        let slots = Semaphore::new(MAX_CHANGES as usize);
        Self { slots, profiles: KeyedMutex::default(), storage: tokio::sync::Mutex::default() }
    }
}

impl ChangeLocks {
    /// Allows a change that waits for no other. Fails if too many changes are under way.
    pub(super) fn lock_any(&self) -> Result<ChangeGuard<'_>, Failure> {
        let slot = self.slots.try_acquire().map_err(|_| failure::too_many_changes())?;
        Ok(ChangeGuard { _slot: slot, _profile: None })
    }

    /// Allows a change when no other change of this profile runs.
    pub(super) async fn lock_profile(&self, name: &ProfileName) -> Result<ChangeGuard<'_>, Failure> {
        let guard = self.lock_any()?;
        Ok(ChangeGuard { _profile: Some(self.profiles.lock(name).await), ..guard })
    }

    pub(super) async fn wait_idle(&self) {
        drop(self.slots.acquire_many(MAX_CHANGES).await);
        drop(self.storage.lock().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_of_one_profile_come_one_after_the_other_and_no_more_are_let_in_than_places() {
        let (locks, [a, b]) =
            (ChangeLocks::default(), ["a", "b"].map(|name| ProfileName::parse(name).unwrap()));
        let first = locks.lock_profile(&a).await.unwrap();
        let mut second = std::pin::pin!(locks.lock_profile(&a));
        assert!(futures_are_pending(second.as_mut()).await);
        drop(locks.lock_profile(&b).await.unwrap());
        drop(first);
        drop(second.await.unwrap());
        let all: Vec<_> = (0..MAX_CHANGES).map(|_| locks.lock_any().unwrap()).collect();
        assert!(locks.lock_any().is_err());
        drop(all);
        locks.wait_idle().await;
        assert!(locks.lock_any().is_ok());
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
