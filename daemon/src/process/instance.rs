//! Owns the lock that makes a process the daemon. It is held until the process ends; the file is never removed, because a
//! lock on a removed file excludes nobody.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::base::files::{self, FileError};

/// Held by the one daemon of a socket directory.
#[derive(Debug)]
pub struct InstanceLock {
    file: File,
}

/// Why this process cannot be the daemon.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Another process is the daemon.
    #[error("a daemon runs here already")]
    Taken,
    /// The file of the daemon's lock was removed or replaced.
    #[error("the lock {0} was removed or replaced while the daemon ran")]
    Lost(String),
    /// The lock file cannot be used.
    #[error("the lock {0} is not used: {1}")]
    File(String, #[source] FileError),
}

impl InstanceLock {
    /// The lock in `folder`, from a file that the old process has handed over.
    #[cfg(unix)]
    pub fn inherited(folder: &Path, file: File) -> Result<Self, InstanceError> {
        let path = folder.join("daemon.lock");
        if !files::is_at(&file, &path) {
            return Err(InstanceError::Lost(files::show(&path)));
        }
        // A process that shares the descriptor holds the lock already.
        Self::lock(file, &path)
    }

    /// Whether its file is still the lock file of `folder`.
    #[cfg(unix)]
    pub fn is_of(&self, folder: &Path) -> bool {
        files::is_at(&self.file, &folder.join("daemon.lock"))
    }

    /// Writes the name of the daemon's socket into the file, for those who find the lock taken and nobody listening.
    #[cfg(unix)]
    pub fn name_socket(&self, socket: &Path) {
        use std::io::Write;
        let (mut file, name) = (&self.file, socket.file_name().unwrap_or_default());
        // Without it, they can only say less.
        let _ = file.set_len(0).and_then(|()| file.write_all(name.as_encoded_bytes()));
    }

    /// The locked file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Takes the lock in `folder`, without waiting.
    pub fn take(folder: &Path) -> Result<Self, InstanceError> {
        let path = folder.join("daemon.lock");
        let file = files::open_to_append(&path);
        Self::lock(file.map_err(|error| InstanceError::File(files::show(&path), error))?, &path)
    }

    fn lock(file: File, path: &Path) -> Result<Self, InstanceError> {
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(InstanceError::Taken),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(InstanceError::File(files::show(path), error.into()))
            }
        }
    }

    /// Takes the lock in `folder`; waits up to `limit` for a daemon that `is_stopping`, and a moment for helpers that check
    /// whether it is held.
    pub fn take_within(
        folder: &Path,
        limit: Duration,
        is_stopping: impl Fn() -> bool,
    ) -> Result<Self, InstanceError> {
        for attempt in 0..limit.as_millis() / RETRY_INTERVAL.as_millis() {
            match Self::take(folder) {
                Err(InstanceError::Taken) if attempt < ATTEMPTS_FOR_HELPERS || is_stopping() => {
                    std::thread::sleep(RETRY_INTERVAL);
                }
                outcome => return outcome,
            }
        }
        Self::take(folder)
    }
}

/// How often the lock is tried: nobody reports its release.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);
/// How often a helper that only checks the lock may hold it.
const ATTEMPTS_FOR_HELPERS: u128 = 10;
