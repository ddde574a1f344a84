//! Owns the replacement of a file that others may write at any time: it takes place only while the file says what it
//! said when it was read, and what somebody has written in between comes back.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{FileError, read_own, system};

/// What became of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// The new text is in its place.
    Done,
    /// So it is, and what keeps it from being safe from a power cut.
    NotDurable(String),
    /// Somebody has written the file since; theirs is in its place.
    Overtaken,
}

/// Puts `new` under the name `path`, where `known` still is: a text, or nothing where there is no file. Readers see the
/// old file or the new one, whatever happens.
///
/// # Errors
/// [`FileError`]; then the file there is as it was.
pub fn replace_known(path: &Path, known: Option<&str>, new: &str) -> Result<Replacement, FileError> {
    let path = &system::target(path)?;
    let draft = beside(path, ".new");
    let replaced =
        system::write_draft(&draft, new.as_bytes()).map_err(|error| system::not_written(error, path));
    let replaced = replaced.and_then(|()| match known {
        Some(known) => exchange(path, &draft, known, new),
        None => take_free_name(path, &draft),
    });
    if !matches!(replaced, Ok(Replacement::Done)) {
        let _ = std::fs::remove_file(&draft);
        return replaced;
    }
    match system::sync_folder(path.parent().unwrap_or(Path::new("/"))) {
        Ok(()) => replaced,
        Err(error) => Ok(Replacement::NotDurable(FileError::NotDurable(error).to_string())),
    }
}

/// The names are exchanged, so that what was in the file's place can be looked at when nobody can replace it any more.
fn exchange(path: &Path, draft: &Path, known: &str, new: &str) -> Result<Replacement, FileError> {
    match system::exchange(draft, path) {
        Ok(()) if says(draft, known) => {
            let _ = std::fs::remove_file(draft);
            Ok(Replacement::Done)
        }
        Ok(()) => {
            give_back(path, draft, new)?;
            Ok(Replacement::Overtaken)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Replacement::Overtaken),
        Err(error) if error.kind() == ErrorKind::Unsupported => replace_after_a_look(path, draft, known),
        Err(error) => Err(system::not_written(error, path)),
    }
}

/// Puts back what was in the file's place. Where ours was written over in that instant, both of theirs are kept.
fn give_back(path: &Path, draft: &Path, new: &str) -> io::Result<()> {
    system::exchange(draft, path)?;
    if says(draft, new) {
        return Ok(());
    }
    let kept = beside(path, ".kept");
    tracing::warn!(file = %super::show(&kept), "two edits of the config within one instant; one is kept there");
    std::fs::rename(draft, kept)
}

fn replace_after_a_look(path: &Path, draft: &Path, known: &str) -> Result<Replacement, FileError> {
    if !says(path, known) {
        return Ok(Replacement::Overtaken);
    }
    std::fs::rename(draft, path)?;
    Ok(Replacement::Done)
}

fn take_free_name(path: &Path, draft: &Path) -> Result<Replacement, FileError> {
    match system::rename_to_free(draft, path) {
        Ok(()) => Ok(Replacement::Done),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Replacement::Overtaken),
        Err(error) if error.kind() == ErrorKind::Unsupported && path.symlink_metadata().is_err() => {
            std::fs::rename(draft, path)?;
            Ok(Replacement::Done)
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Replacement::Overtaken),
        Err(error) => Err(error.into()),
    }
}

fn says(path: &Path, text: &str) -> bool {
    read_own(path).is_ok_and(|found| found == text)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("cp-token-exchange-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn only_what_was_read_is_replaced_and_nothing_is_left_beside_it() {
        let folder = Folder::new("known");
        let path = folder.0.join("config.toml");
        let replace = |known, new| replace_known(&path, known, new).unwrap();
        assert_eq!(replace(Some("x"), "a"), Replacement::Overtaken, "there is no file");
        assert_eq!(replace(None, "a"), Replacement::Done);
        assert_eq!(replace(None, "b"), Replacement::Overtaken, "there is one now");
        assert_eq!(replace(Some("x"), "b"), Replacement::Overtaken, "it says something else");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a");
        assert_eq!(replace(Some("a"), "b"), Replacement::Done);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
    }

    #[test]
    fn where_names_cannot_be_exchanged_the_file_is_looked_at_first() {
        let folder = Folder::new("look");
        let (path, draft) = (folder.0.join("config.toml"), folder.0.join("config.toml.new"));
        std::fs::write(&path, "theirs").unwrap();
        std::fs::write(&draft, "ours").unwrap();
        assert_eq!(replace_after_a_look(&path, &draft, "known").unwrap(), Replacement::Overtaken);
        assert_eq!(replace_after_a_look(&path, &draft, "theirs").unwrap(), Replacement::Done);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ours");
    }
}
