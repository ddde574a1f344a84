//! Owns secrets that are stored in the daemon's memory alone and lost when it stops. It must not write them anywhere.

use std::collections::HashMap;
use std::sync::Mutex;

use cp_token_protocol::Secret;

use super::backend::{SecretBackend, SourceError, SourceFuture, require_storable};
use crate::base::mutex::lock;
use crate::profile::secret_key::SecretKey;
use crate::secrets::secret_bundle;

/// The source `memory`.
#[derive(Debug)]
pub struct MemoryBackend {
    /// `None` while the daemon is locked: the lock then has them, encrypted.
    secrets: Mutex<Option<HashMap<String, Secret>>>,
}

impl Default for MemoryBackend {
    fn default() -> Self {
        Self { secrets: Mutex::new(Some(HashMap::new())) }
    }
}

impl MemoryBackend {
    /// The number of secrets; 0 while the daemon is locked.
    pub fn count(&self) -> usize {
        lock(&self.secrets).as_ref().map_or(0, HashMap::len)
    }

    /// Removes all secrets and returns them as one text, until [`MemoryBackend::put_back`].
    pub fn take_secrets(&self) -> Secret {
        let secrets = lock(&self.secrets).take().unwrap_or_default();
        secret_bundle::pack(secrets.iter().map(|(account, secret)| (account.as_str(), secret)))
    }

    /// Puts back what [`MemoryBackend::take_secrets`] has returned.
    pub fn put_back(&self, packed: &Secret) {
        *lock(&self.secrets) = Some(secret_bundle::unpack(packed).into_iter().collect());
    }

    /// A copy of each secret with its account; none while the daemon is locked.
    pub fn export_state(&self) -> Vec<(String, Secret)> {
        let secrets = lock(&self.secrets);
        let copy =
            |(account, secret): (&String, &Secret)| (account.clone(), Secret::copy_of(secret.expose()));
        secrets.iter().flatten().map(copy).collect()
    }

    /// Adds a secret of the old process. False if the daemon is locked.
    pub fn import_state(&self, account: String, secret: Secret) -> bool {
        lock(&self.secrets).as_mut().map(|secrets| secrets.insert(account, secret)).is_some()
    }
}

impl SecretBackend for MemoryBackend {
    fn load<'a>(&'a self, key: &'a SecretKey) -> SourceFuture<'a, Secret> {
        Box::pin(async move {
            let secrets = lock(&self.secrets);
            let secret = secrets.as_ref().ok_or(SourceError::Sealed)?.get(&key.account());
            Ok(Secret::copy_of(secret.ok_or(SourceError::Absent)?.expose()))
        })
    }

    fn store<'a>(&'a self, key: &'a SecretKey, secret: &'a Secret) -> SourceFuture<'a, ()> {
        Box::pin(async move {
            require_storable(secret)?;
            let copy = Secret::copy_of(secret.expose());
            lock(&self.secrets).as_mut().ok_or(SourceError::Sealed)?.insert(key.account(), copy);
            Ok(())
        })
    }

    fn erase<'a>(&'a self, key: &'a SecretKey) -> SourceFuture<'a, ()> {
        Box::pin(async move {
            lock(&self.secrets).as_mut().ok_or(SourceError::Sealed)?.remove(&key.account());
            Ok(())
        })
    }
}
