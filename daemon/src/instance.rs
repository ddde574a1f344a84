//! Owns the lock that makes a process the daemon. It is held for life; the file is never removed, because a
//! lock on a removed file locks nobody out.

use std::fs::File;
use std::path::Path;

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
}
