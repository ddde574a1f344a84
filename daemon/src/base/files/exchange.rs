//! Owns the replacement of a file that others may edit at any time: an edit since it was read is restored.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::reading::{has_content, has_writer};
use super::{FileError, system};
use crate::base::commit_point::CommitPoint;

/// The result of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// The file was replaced.
    Done,
    /// The file was replaced, with a warning: a power cut may undo that, or an edit is kept beside it.
    DoneBut(String),
    /// Somebody has edited the file, and the edit stays. A second edit is kept beside it, as the message says.
    Overtaken(Option<String>),
}

/// What a replacement may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<'t> {
    /// Any content.
    Anything,
    /// No file.
    Nothing,
    /// A file with this content.
    Text(&'t str),
}

/// Replaces `path`, or the target of a link there, if it is still as `expected`. Readers always see the old file or the
/// new one; an edit is never lost. Names change after the commit point. After an error the file is unchanged.
pub fn replace(
    path: &Path,
    expected: Expected<'_>,
    new: &str,
    point: &CommitPoint,
) -> Result<Replacement, FileError> {
    let path = &system::target(path)?;
    if matches!(expected, Expected::Text(known) if !is_unchanged(path, known)) {
        return Ok(Replacement::Overtaken(None));
    }
    let draft = beside(path, "new")?;
    write_draft(&draft, new.as_bytes()).map_err(|error| system::write_error(error, path))?;
    let replaced =
        if point.pass() { rename_draft(path, &draft, expected, new) } else { Err(FileError::Hangs) };
    if has_content(&draft, new) {
        let _ = std::fs::remove_file(&draft);
    }
    if matches!(replaced, Ok(Replacement::Overtaken(_))) {
        point.reopen();
    }
    if !matches!(replaced, Ok(Replacement::Done)) {
        return replaced;
    }
    match system::sync_folder(path.parent().unwrap_or(Path::new("/"))) {
        Ok(()) => replaced,
        Err(error) => Ok(Replacement::DoneBut(format!(
            "it was written, but is not yet safe from a power cut: {}",
            super::describe(&error)
        ))),
    }
}

/// Leaves no partial draft.
fn write_draft(draft: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = system::create_new(draft)?;
    let written = file.write_all(content).and_then(|()| system::sync(&file));
    drop(file);
    if written.is_err() {
        let _ = std::fs::remove_file(draft);
    }
    written
}

fn rename_draft(
    path: &Path,
    draft: &Path,
    expected: Expected<'_>,
    new: &str,
) -> Result<Replacement, FileError> {
    match expected {
        Expected::Text(known) => exchange(path, draft, known, new),
        Expected::Nothing => rename_to_unused(path, draft),
        Expected::Anything => rename(draft, path),
    }
}

/// Exchanges the names, so that the old file can be checked when nobody can replace it any more.
fn exchange(path: &Path, draft: &Path, known: &str, new: &str) -> Result<Replacement, FileError> {
    match system::exchange(draft, path) {
        Ok(()) if is_unchanged(draft, known) => {
            let _ = std::fs::remove_file(draft);
            Ok(Replacement::Done)
        }
        Ok(()) => Ok(restore_edit(path, draft, new)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Replacement::Overtaken(None)),
        Err(error) if error.kind() == ErrorKind::Unsupported => replace_after_check(path, draft, known),
        Err(error) => Err(system::write_error(error, path)),
    }
}

/// Whether a file has this content, and nobody has it open for writing.
fn is_unchanged(path: &Path, known: &str) -> bool {
    has_content(path, known) && !has_writer(path)
}

/// Restores an edit. A text that cannot have the name of the file is kept beside it.
fn restore_edit(path: &Path, draft: &Path, new: &str) -> Replacement {
    let restored = match system::exchange(draft, path) {
        // An editor that renames the file leaves its name free for an instant.
        Err(error) if error.kind() == ErrorKind::NotFound => system::rename_to_free(draft, path),
        restored => restored,
    };
    if has_content(draft, new) || !draft.exists() {
        return Replacement::Overtaken(None);
    }
    let kept = keep(path, draft);
    if restored.is_err() && has_content(path, new) {
        Replacement::DoneBut(kept)
    } else {
        Replacement::Overtaken(Some(kept))
    }
}

/// Keeps an edit under another name, and returns the message.
fn keep(path: &Path, draft: &Path) -> String {
    let kept = beside(path, "kept").and_then(|kept| std::fs::rename(draft, &kept).map(|()| kept));
    let kept = super::show(&kept.unwrap_or_else(|_| draft.to_owned()));
    tracing::warn!(file = %kept, "a file was edited while it was replaced; one text is kept there");
    format!(
        "it was edited in the same moment, and one text is kept in {kept}; compare them, then remove that file"
    )
}

fn replace_after_check(path: &Path, draft: &Path, known: &str) -> Result<Replacement, FileError> {
    if has_content(path, known) { rename(draft, path) } else { Ok(Replacement::Overtaken(None)) }
}

fn rename(draft: &Path, path: &Path) -> Result<Replacement, FileError> {
    std::fs::rename(draft, path).map_err(|error| system::write_error(error, path))?;
    Ok(Replacement::Done)
}

fn rename_to_unused(path: &Path, draft: &Path) -> Result<Replacement, FileError> {
    match system::rename_to_free(draft, path) {
        Ok(()) => Ok(Replacement::Done),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Replacement::Overtaken(None)),
        Err(error) if error.kind() == ErrorKind::Unsupported && path.symlink_metadata().is_err() => {
            rename(draft, path)
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Replacement::Overtaken(None)),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn is_draft(name: &OsStr, of: &OsStr) -> bool {
    let suffix = name.as_encoded_bytes().strip_prefix(of.as_encoded_bytes());
    let number = suffix.and_then(|suffix| suffix.strip_prefix(b".new-"));
    number.is_some_and(|number| number.len() == 16 && number.iter().all(u8::is_ascii_hexdigit))
}

/// A random unused name beside `path`.
pub(super) fn beside(path: &Path, kind: &str) -> io::Result<PathBuf> {
    let mut number = [0; 8];
    getrandom::fill(&mut number).map_err(|_| ErrorKind::Other)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{kind}-{:016x}", u64::from_ne_bytes(number)));
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory that is removed when this is dropped.
    struct TempDir(PathBuf);

    impl TempDir {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("cp-token-exchange-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for TempDir {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    fn replaced(path: &Path, known: Option<&str>, new: &str) -> Replacement {
        let expected = known.map_or(Expected::Nothing, Expected::Text);
        replace(path, expected, new, &CommitPoint::default()).unwrap()
    }

    #[test]
    fn what_was_cancelled_is_not_written_any_more_and_leaves_nothing() {
        let folder = TempDir::new("cancelled");
        let path = folder.0.join("config.toml");
        for expected in [Expected::Nothing, Expected::Text("a"), Expected::Anything] {
            let point = CommitPoint::default();
            assert!(point.cancel());
            assert!(matches!(replace(&path, expected, "b", &point), Err(FileError::Hangs)), "{expected:?}");
            assert_eq!(path.exists(), expected != Expected::Nothing);
            let _ = replace(&path, Expected::Nothing, "a", &CommitPoint::default()).unwrap();
        }
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
        assert_eq!(replaced(&path, Some("a"), "b"), Replacement::Done, "the positive control");
    }

    #[test]
    fn only_what_was_read_is_replaced_and_nothing_is_left_beside_it() {
        let folder = TempDir::new("known");
        let path = folder.0.join("config.toml");
        let replace = |known, new| replaced(&path, known, new);
        assert_eq!(replace(Some("x"), "a"), Replacement::Overtaken(None), "there is no file");
        assert_eq!(replace(None, "a"), Replacement::Done);
        assert_eq!(replace(None, "b"), Replacement::Overtaken(None), "there is one now");
        assert_eq!(replace(Some("x"), "b"), Replacement::Overtaken(None), "it says something else");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a");
        assert_eq!(replace(Some("a"), "b"), Replacement::Done);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
    }

    #[test]
    fn where_names_cannot_be_exchanged_the_file_is_checked_first() {
        let folder = TempDir::new("look");
        let (path, draft) = (folder.0.join("config.toml"), folder.0.join("config.toml.new"));
        std::fs::write(&path, "theirs").unwrap();
        std::fs::write(&draft, "ours").unwrap();
        assert_eq!(replace_after_check(&path, &draft, "known").unwrap(), Replacement::Overtaken(None));
        assert_eq!(replace_after_check(&path, &draft, "theirs").unwrap(), Replacement::Done);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ours");
    }

    #[test]
    fn what_others_have_put_beside_the_file_stays() {
        let folder = TempDir::new("others");
        let path = folder.0.join("config.toml");
        let theirs = ["config.toml.new", "config.toml.kept", "config.toml.new-0123456789abcdef"];
        let theirs = theirs.map(|name| folder.0.join(name));
        theirs.iter().for_each(|file| std::fs::write(file, "theirs").unwrap());
        assert_eq!(replaced(&path, None, "a"), Replacement::Done);
        assert_eq!(replaced(&path, Some("a"), "b"), Replacement::Done);
        assert_eq!(replaced(&path, Some("a"), "c"), Replacement::Overtaken(None));
        assert_eq!(
            replace(&path, Expected::Anything, "d", &CommitPoint::default()).unwrap(),
            Replacement::Done
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "d");
        assert!(theirs.iter().all(|file| std::fs::read_to_string(file).unwrap() == "theirs"));
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1 + theirs.len());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn two_edits_in_one_instant_are_both_kept_and_one_is_named() {
        let folder = TempDir::new("instant");
        let (path, draft) =
            (folder.0.join("config.toml"), beside(&folder.0.join("config.toml"), "new").unwrap());
        std::fs::write(folder.0.join("config.toml.kept"), "precious").unwrap();
        std::fs::write(&draft, "first").unwrap();
        std::fs::write(&path, "second").unwrap();
        let Replacement::Overtaken(Some(note)) = restore_edit(&path, &draft, "ours") else {
            panic!("not kept")
        };
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(std::fs::read_to_string(folder.0.join("config.toml.kept")).unwrap(), "precious");
        let kept = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path());
        let kept = kept.filter(|file| note.contains(&*file.to_string_lossy()) && *file != path);
        let texts: Vec<_> = kept.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        assert!(texts.contains(&"second".to_owned()), "{note}: {texts:?}");
    }

    #[test]
    fn an_edit_that_cannot_be_given_back_is_kept_and_named() {
        let folder = TempDir::new("back");
        let (path, draft) = (folder.0.join("gone/config.toml"), folder.0.join("config.toml.new-1"));
        std::fs::write(&draft, "theirs").unwrap();
        let Replacement::Overtaken(Some(note)) = restore_edit(&path, &draft, "ours") else {
            panic!("not kept")
        };
        assert!(note.contains("config.toml.new-1"), "{note}");
        assert_eq!(std::fs::read_to_string(&draft).unwrap(), "theirs");
    }
}
