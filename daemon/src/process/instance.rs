//! Owns the lock that makes a process the daemon. It is held for life; the file is never removed, because a
//! lock on a removed file locks nobody out.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::base::files::{self, FileError};

/// Held by the one daemon of this meeting place, until the process ends.
#[derive(Debug)]
pub struct InstanceLock {
    file: File,
}

/// Why this process is not the daemon.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Another process is.
    #[error("a daemon runs here already")]
    Taken,
    /// The lock file that the daemon holds has lost its name.
    #[error("the lock {0} was removed or replaced while the daemon ran")]
    Lost(String),
    /// The lock file is not used.
    #[error("the lock {0} is not used: {1}")]
    File(String, #[source] FileError),
}

impl InstanceLock {
    /// The lock in `folder` that another process has taken and handed over in this file.
    ///
    /// # Errors
    /// [`InstanceError`] where it is another file, or held by somebody else.
    #[cfg(unix)]
    pub fn inherited(folder: &Path, file: File) -> Result<Self, InstanceError> {
        let path = folder.join("daemon.lock");
        let unusable = |error| InstanceError::File(files::show(&path), error);
        if !files::is_at(&file, &path) {
            return Err(InstanceError::Lost(files::show(&path)));
        }
        // Whoever shares the descriptor has the lock already, and nobody else can.
        Self::hold(file, unusable)
    }

    /// Whether it is still the lock of `folder`: one on a file that was removed locks nobody out.
    #[cfg(unix)]
    pub fn is_of(&self, folder: &Path) -> bool {
        files::is_at(&self.file, &folder.join("daemon.lock"))
    }

    /// What holds the lock, in this process and in each that shares it.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Takes the lock in `folder`, without waiting.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub fn take(folder: &Path) -> Result<Self, InstanceError> {
        let path = folder.join("daemon.lock");
        let unusable = |error| InstanceError::File(files::show(&path), error);
        let file = files::open_to_append(&path).map_err(unusable)?;
        Self::hold(file, unusable)
    }

    fn hold(file: File, unusable: impl Fn(FileError) -> InstanceError) -> Result<Self, InstanceError> {
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(InstanceError::Taken),
            Err(std::fs::TryLockError::Error(error)) => Err(unusable(error.into())),
        }
    }

    /// Takes the lock in `folder`, and waits `patience` for whoever holds it, as long as that one `is_leaving`, and a moment
    /// for helpers that look whether it is held.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub fn take_within(
        folder: &Path,
        patience: Duration,
        is_leaving: impl Fn() -> bool,
    ) -> Result<Self, InstanceError> {
        for look in 0..patience.as_millis() / LOOK.as_millis() {
            match Self::take(folder) {
                Err(InstanceError::Taken) if look < LOOKS_OF_HELPERS || is_leaving() => {
                    std::thread::sleep(LOOK);
                }
                outcome => return outcome,
            }
        }
        Self::take(folder)
    }
}

/// How often the lock is tried: its holder says nothing when it goes.
const LOOK: Duration = Duration::from_millis(10);
/// How often it may be held by a helper that only looks.
const LOOKS_OF_HELPERS: u128 = 10;
