//! Owns the lock that every writer of a file holds from reading to replacing it, so that daemons that share a home do not
//! undo each other's changes. Its holder removes the temporary files that a killed daemon has left.

use std::fs::{DirEntry, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::exchange::is_draft;
use super::{FileError, make_private_folder, open_to_append, system};

/// Between two attempts to take the lock: nobody reports its release.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Younger drafts may belong to a daemon that shares the file, but not the lock.
const MIN_DRAFT_AGE: Duration = Duration::from_secs(60);

/// Held until this is dropped, or the process ends; without a file, there is no lock.
#[derive(Debug)]
pub struct WriterLock(Option<File>);

impl WriterLock {
    /// Removes the drafts of `path`; one that cannot be removed does no harm.
    pub fn remove_drafts(&self, path: &Path) {
        let Ok(path) = system::target(path) else { return };
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
        if self.0.is_none() {
            return;
        }
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if is_draft(&entry.file_name(), name) && is_stale(&entry) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn is_stale(entry: &DirEntry) -> bool {
    let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file);
    let written = metadata.and_then(|metadata| metadata.modified().ok());
    written.and_then(|written| written.elapsed().ok()).is_some_and(|age| age >= MIN_DRAFT_AGE)
}

/// Locks the lock file at `path`; a file system without locks gives none. Fails with [`FileError::Locked`] after `limit`.
pub fn lock_writers(path: &Path, limit: Duration) -> Result<WriterLock, FileError> {
    locked(path, |file| lock_within(file, limit))
}

/// The same as a shared lock.
pub fn share_lock(path: &Path, limit: Duration) -> Result<WriterLock, FileError> {
    locked(path, |file| within(limit, || file.try_lock_shared()))
}

fn locked(
    path: &Path,
    lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<WriterLock, FileError> {
    let made = make_private_folder(path.parent().unwrap_or(Path::new("/")));
    let Ok(file) = made.and_then(|()| open_to_append(path)) else { return Ok(WriterLock(None)) };
    match lock(&file) {
        Ok(()) => Ok(WriterLock(Some(file))),
        Err(TryLockError::WouldBlock) => Err(FileError::Locked),
        Err(TryLockError::Error(_)) => Ok(WriterLock(None)),
    }
}

/// Locks the file for as long as it is open. Waits for another holder up to `limit`.
pub fn lock_within(file: &File, limit: Duration) -> Result<(), TryLockError> {
    within(limit, || file.try_lock())
}

fn within(limit: Duration, attempt: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 0..limit.as_millis() / RETRY_INTERVAL.as_millis() {
        match attempt() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(RETRY_INTERVAL),
            outcome => return outcome,
        }
    }
    attempt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_drafts_of_this_file_are_removed_and_only_by_whoever_holds_the_lock() {
        let folder = std::env::temp_dir().join(format!("cp-token-drafts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("config.toml");
        let draft = folder.join("config.toml.new-0123456789abcdef");
        let kept =
            ["toml", "toml.new", "toml.new-012", "toml.new-0123456789abcdeg", "toml.kept-0123456789abcdef"];
        let kept = kept.map(|end| folder.join(format!("config.{end}")));
        let young = folder.join("config.toml.new-00000000000000ff");
        for file in kept.iter().chain([&draft]) {
            let file = std::fs::File::create(file).expect("a file");
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("an old one");
        }
        std::fs::write(&young, "").expect("a file");
        WriterLock(None).remove_drafts(&path);
        assert!(draft.exists(), "nobody holds the lock");
        lock_writers(&folder.join("lock"), Duration::ZERO).expect("the lock").remove_drafts(&path);
        assert!(!draft.exists() && young.exists() && kept.iter().all(|file| file.exists()));
        std::fs::remove_dir_all(folder).expect("remove it");
    }
}
