//! Owns the lock of the journal: it tells a change that another daemon is making now from one that was interrupted. It
//! must not know what is stored.

use std::path::Path;
use std::time::Duration;

use super::{LOCK_TIMEOUT, SAVE_TIMEOUT, StateFile};
use crate::base::blocking;
use crate::base::files::{self, FileError, WriterLock};

impl StateFile {
    /// Held by a change from before its journal entry until its end: meanwhile no daemon recovers what it stores. Fails with
    /// [`FileError::Locked`] if another daemon is recovering for too long.
    pub async fn lock_for_change(&self) -> Result<WriterLock, FileError> {
        self.lock_journal(|path| files::share_lock(path, LOCK_TIMEOUT)).await
    }

    /// Held during a recovery. Fails with [`FileError::Locked`] if any daemon is making a change.
    pub async fn lock_for_recovery(&self) -> Result<WriterLock, FileError> {
        self.lock_journal(|path| files::lock_writers(path, Duration::ZERO)).await
    }

    async fn lock_journal(
        &self,
        lock: fn(&Path) -> Result<WriterLock, FileError>,
    ) -> Result<WriterLock, FileError> {
        let path = self.path.with_file_name("journal.lock");
        let locked = blocking::on_within(&self.shown(), SAVE_TIMEOUT, move |_| lock(&path)).await?;
        locked.ok_or(FileError::Hangs)?
    }
}
