//! Owns the lock that makes a process the daemon. It is held for life; the file is never removed, because a
//! lock on a removed file locks nobody out.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::files::{self, FileError};

/// Held by the one daemon of this meeting place, until the process ends.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

/// Why this process is not the daemon.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Another process is.
    #[error("a daemon runs here already")]
    Taken,
    /// The lock file is not used.
    #[error("the lock {0} is not used: {1}")]
    File(String, #[source] FileError),
}

impl InstanceLock {
    /// Takes the lock in `folder`, without waiting.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub fn take(folder: &Path) -> Result<Self, InstanceError> {
        let path = folder.join("daemon.lock");
        let unusable = |error| InstanceError::File(files::show(&path), error);
        let file = files::open_private(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(InstanceError::Taken),
            Err(std::fs::TryLockError::Error(error)) => Err(unusable(error.into())),
        }
    }

    /// Takes the lock in `folder`, and waits `patience` for whoever holds it.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub fn take_within(folder: &Path, patience: Duration) -> Result<Self, InstanceError> {
        for _ in 0..patience.as_millis() / LOOK.as_millis() {
            match Self::take(folder) {
                Err(InstanceError::Taken) => std::thread::sleep(LOOK),
                outcome => return outcome,
            }
        }
        Self::take(folder)
    }
}

/// How often the lock is tried: its holder says nothing when it goes.
const LOOK: Duration = Duration::from_millis(50);
