//! Owns the removal of temporary files that a killed daemon has left beside a file. The holder of the writers' lock removes
//! them: no other daemon is replacing the file then.

use std::fs::DirEntry;
use std::path::Path;
use std::time::Duration;

use super::WriterLock;
use super::exchange::is_draft;

/// Younger drafts may belong to a daemon that shares the file, but not the lock.
const MIN_AGE: Duration = Duration::from_secs(60);

/// Removes the drafts of `path`; one that cannot be removed does no harm.
pub fn remove_drafts(path: &Path, lock: &WriterLock) {
    let Ok(path) = super::system::target(path) else { return };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    if !lock.is_held() {
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_draft(&entry.file_name(), name) && is_stale(&entry) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn is_stale(entry: &DirEntry) -> bool {
    let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file);
    let written = metadata.and_then(|metadata| metadata.modified().ok());
    written.and_then(|written| written.elapsed().ok()).is_some_and(|age| age >= MIN_AGE)
}

#[cfg(test)]
mod tests {
    use super::super::lock_writers;
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
        remove_drafts(&path, &WriterLock::none());
        assert!(draft.exists(), "nobody holds the lock");
        remove_drafts(&path, &lock_writers(&folder.join("lock"), Duration::ZERO).expect("the lock"));
        assert!(!draft.exists() && young.exists() && kept.iter().all(|file| file.exists()));
        std::fs::remove_dir_all(folder).expect("remove it");
    }
}
