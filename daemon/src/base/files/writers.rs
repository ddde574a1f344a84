//! Owns the lock that every writer of a file holds from its look at the file to the replacement, so that daemons that
//! share a home undo nothing of each other's.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::{FileError, make_private_folder, open_to_append};

/// Between two tries to have the lock: its holder says nothing when it is done.
const LOOK: Duration = Duration::from_millis(10);

/// Held until it is dropped, or its process ends.
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

/// Waits for the lock file at `path`. Where none can be made, or the file system has no locks, the exchange alone guards
/// the file.
///
/// # Errors
/// [`FileError::Locked`] where another process holds it for longer than `patience`.
pub fn lock_writers(path: &Path, patience: Duration) -> Result<WriterLock, FileError> {
    locked(path, |file| lock_within(file, patience, || true))
}

/// The same, beside others who share the lock so; nobody has it alone meanwhile.
///
/// # Errors
/// As [`lock_writers`].
pub fn share_lock(path: &Path, patience: Duration) -> Result<WriterLock, FileError> {
    locked(path, |file| within(patience, || true, || file.try_lock_shared()))
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

/// Locks the file, which nobody else has locked then, for as long as it is open. Whoever has it is waited for, `patience`
/// long and while that is `worth_it`.
///
/// # Errors
/// [`TryLockError`]: somebody else has it, or the system refused.
pub fn lock_within(file: &File, patience: Duration, worth_it: impl Fn() -> bool) -> Result<(), TryLockError> {
    within(patience, worth_it, || file.try_lock())
}

fn within(
    patience: Duration,
    worth_it: impl Fn() -> bool,
    attempt: impl Fn() -> Result<(), TryLockError>,
) -> Result<(), TryLockError> {
    for _ in 0..patience.as_millis() / LOOK.as_millis() {
        match attempt() {
            Err(TryLockError::WouldBlock) if worth_it() => std::thread::sleep(LOOK),
            outcome => return outcome,
        }
    }
    attempt()
}
