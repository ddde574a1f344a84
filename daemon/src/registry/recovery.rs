//! Owns the recovery at a start: keyring items that an interrupted change left without a profile are erased.

use std::time::Duration;

use super::Registry;
use crate::base::files::FileError;

/// The time between two attempts while another daemon makes a change.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

impl Registry {
    /// Waits until no daemon makes a change: the journal also has the items that another daemon is storing now.
    pub async fn recover(&self) {
        while !self.deps.state.journal_keys().is_empty() {
            let storing = self.change_locks.storage.lock().await;
            match self.deps.state.lock_for_recovery().await {
                Ok(_lock) => return self.remove_leftovers().await,
                Err(FileError::Locked) => drop(storing),
                Err(error) => {
                    return tracing::warn!(%error, "what an interrupted change left is not erased before the next start");
                }
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// Whether an item is used is seen in the config as it is now.
    async fn remove_leftovers(&self) {
        let _ = self.reload().await;
        for key in self.deps.state.journal_keys() {
            let used = self.config().profiles.values().any(|profile| profile.secret_key() == key);
            // A config that cannot be read may have the profile.
            if self.deps.lock_flag.is_locked() || self.problem().is_some() {
                continue;
            }
            if !used && let Err(error) = self.deps.sources.erase_leftover(&key).await {
                tracing::warn!(%error, "a secret that an interrupted change left is not erased before the next start");
                continue;
            }
            self.deps.state.journal_end(&key);
            if let Err(error) = self.deps.state.save().await {
                tracing::warn!(%error, "the state file was not written after a recovery");
            }
        }
    }
}
