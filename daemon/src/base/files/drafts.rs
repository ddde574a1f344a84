//! Owns the removal of what a daemon that was killed while it replaced a file has left beside it. Whoever holds the
//! writers' lock removes it: no other daemon is replacing the file then.

use std::fs::DirEntry;
use std::path::Path;
use std::time::Duration;

use super::WriterLock;
use super::exchange::is_draft;

/// How old a draft is at least: a daemon that shares the file, and not the lock, has replaced it long before.
const AGE: Duration = Duration::from_secs(60);

/// Removes the drafts of `path`. One that cannot be removed does no harm.
pub fn remove_drafts(path: &Path, lock: &WriterLock) {
    let Ok(path) = super::system::target(path) else { return };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    if !lock.is_held() {
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_draft(&entry.file_name(), name) && is_left_behind(&entry) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn is_left_behind(entry: &DirEntry) -> bool {
    let facts = entry.metadata().ok().filter(std::fs::Metadata::is_file);
    let written = facts.and_then(|facts| facts.modified().ok());
    written.and_then(|written| written.elapsed().ok()).is_some_and(|age| age >= AGE)
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
