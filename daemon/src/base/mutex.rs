//! Owns how a mutex is locked: one that a panic has poisoned is used all the same.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The locked content. For content that is valid after a panic at any point under the lock.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
