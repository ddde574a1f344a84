//! Owns the lock that every writer of a file holds from reading to replacing it, so that daemons that share a home do not undo
//! each other's changes.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::{FileError, make_private_folder, open_to_append};

/// Between two attempts to take the lock: nobody reports its release.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Held until this is dropped, or the process ends.
#[derive(Debug)]
pub struct WriterLock {
    file: Option<File>,
}

impl WriterLock {
    /// Whether there is a lock at all.
    pub(super) fn is_held(&self) -> bool {
        self.file.is_some()
    }

    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { file: None }
    }
}

/// Locks the lock file at `path`. If none can be created, or the file system has no locks, only the exchange of names guards
/// the file. Fails with [`FileError::Locked`] if another process holds it for longer than `limit`.
pub fn lock_writers(path: &Path, limit: Duration) -> Result<WriterLock, FileError> {
    locked(path, |file| lock_within(file, limit, || true))
}

/// The same as a shared lock.
pub fn share_lock(path: &Path, limit: Duration) -> Result<WriterLock, FileError> {
    locked(path, |file| within(limit, || true, || file.try_lock_shared()))
}

fn locked(
    path: &Path,
    lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<WriterLock, FileError> {
    let made = make_private_folder(path.parent().unwrap_or(Path::new("/")));
    let Ok(file) = made.and_then(|()| open_to_append(path)) else { return Ok(WriterLock { file: None }) };
    match lock(&file) {
        Ok(()) => Ok(WriterLock { file: Some(file) }),
        Err(TryLockError::WouldBlock) => Err(FileError::Locked),
        Err(TryLockError::Error(_)) => Ok(WriterLock { file: None }),
    }
}

/// Locks the file for as long as it is open. Waits for another holder up to `limit`, and while that is `worth_it`.
pub fn lock_within(file: &File, limit: Duration, worth_it: impl Fn() -> bool) -> Result<(), TryLockError> {
    within(limit, worth_it, || file.try_lock())
}

fn within(
    limit: Duration,
    worth_it: impl Fn() -> bool,
    attempt: impl Fn() -> Result<(), TryLockError>,
) -> Result<(), TryLockError> {
    for _ in 0..limit.as_millis() / RETRY_INTERVAL.as_millis() {
        match attempt() {
            Err(TryLockError::WouldBlock) if worth_it() => std::thread::sleep(RETRY_INTERVAL),
            outcome => return outcome,
        }
    }
    attempt()
}
