//! Owns how mutexes are locked: one that a panic has poisoned is used all the same, and one per key exists while it is held.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// The locked content. For content that is valid after a panic at any point under the lock.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A mutex for each key that somebody holds or waits for.
#[derive(Debug)]
pub struct KeyedMutex<K>(Mutex<HashMap<K, Arc<tokio::sync::Mutex<()>>>>);

impl<K> Default for KeyedMutex<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> KeyedMutex<K> {
    /// Waits until nobody else holds the key.
    pub async fn lock(&self, key: &K) -> OwnedMutexGuard<()> {
        let mutex = {
            let mut mutexes = lock(&self.0);
            mutexes.retain(|_, mutex| Arc::strong_count(mutex) > 1);
            Arc::clone(mutexes.entry(key.clone()).or_default())
        };
        mutex.lock_owned().await
    }
}
