//! Owns secrets that rest in the daemon's memory alone and are gone with it. It must not write them anywhere.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cp_token_protocol::Secret;

use super::{SecretKey, SecretSource, VaultError, require_storable};

/// The source `memory`.
#[derive(Debug, Default)]
pub struct MemorySource {
    secrets: Mutex<HashMap<String, Secret>>,
}

impl MemorySource {
    fn secrets(&self) -> MutexGuard<'_, HashMap<String, Secret>> {
        // No code that may panic runs under the lock, and a map of secrets is whole after any of it.
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &SecretKey) -> Result<Secret, VaultError> {
        let secrets = self.secrets();
        let secret = secrets.get(&key.account()).ok_or(VaultError::Absent)?;
        Ok(Secret::copy_of(secret.expose()))
    }

    fn put(&self, key: &SecretKey, secret: &Secret) -> Result<(), VaultError> {
        require_storable(secret)?;
        self.secrets().insert(key.account(), Secret::copy_of(secret.expose()));
        Ok(())
    }
}

impl SecretSource for MemorySource {
    fn load<'a>(
        &'a self,
        key: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        Box::pin(async move { self.find(key) })
    }

    fn store<'a>(
        &'a self,
        key: &'a SecretKey,
        secret: &'a Secret,
    ) -> Pin<Box<dyn Future<Output = Result<(), VaultError>> + Send + 'a>> {
        Box::pin(async move { self.put(key, secret) })
    }

    fn erase<'a>(
        &'a self,
        key: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<(), VaultError>> + Send + 'a>> {
        Box::pin(async move {
            self.secrets().remove(&key.account());
            Ok(())
        })
    }
}
