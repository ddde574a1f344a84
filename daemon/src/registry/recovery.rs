//! Owns what is done at a start about keyring items that an interrupted change left without a profile.

use std::time::Duration;

use super::Registry;
use crate::base::files::FileError;

/// Between two looks whether another daemon still makes a change.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

impl Registry {
    /// Removes what was left behind, as soon as no daemon makes a change: what another is just storing is noted in the same
    /// file, and is in no profile yet.
    pub async fn recover(&self) {
        while !self.deps.state.journal_keys().is_empty() {
            let storing = self.change_locks.lock_storage().await;
            match self.deps.state.lock_for_recovery().await {
                Ok(_lock) => return self.remove_leftovers().await,
                Err(FileError::Locked) => drop(storing),
                Err(_) => return,
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// What is used is seen in the config as it is now.
    async fn remove_leftovers(&self) {
        let _ = self.reload().await;
        for key in self.deps.state.journal_keys() {
            let used = self.config().profiles.values().any(|profile| profile.secret_key() == key);
            // In a config that cannot be read, the profile may well be there.
            if self.deps.lock_flag.is_locked()
                || self.problem().is_some()
                || (!used && self.deps.sources.keyring.erase(&key).await.is_err())
            {
                continue;
            }
            self.deps.state.journal_commit(&key);
            let _ = self.deps.state.save().await;
        }
    }
}
