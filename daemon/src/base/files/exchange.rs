//! Owns the replacement of a file that others may write at any time: it takes place only while the file says what it
//! said when it was read, and what somebody has written in between comes back.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::reading::{has_writer, says};
use super::{FileError, system};
use crate::base::commit_point::CommitPoint;

/// What became of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// The new text is in its place.
    Done,
    /// So it is, and what people have to know: it is not safe from a power cut, or a text of theirs lies beside it.
    DoneBut(String),
    /// Somebody has written the file since; theirs is in its place. A second text of theirs lies beside it where it says so.
    Overtaken(Option<String>),
}

/// What a replacement may take the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<'t> {
    /// Whatever is there.
    Anything,
    /// No file.
    Nothing,
    /// A file that says this.
    Text(&'t str),
}

/// Puts `new` under the name `path`, where what is `expected` still is. Readers see the old file or the new one, whatever
/// happens; a text that is neither the expected one nor `new` is never removed. Names are changed behind the commit
/// point. Where `path` is a link, what it leads to is replaced.
///
/// # Errors
/// [`FileError`]; then the file there is as it was, and stays so.
pub fn replace(
    path: &Path,
    expected: Expected<'_>,
    new: &str,
    point: &CommitPoint,
) -> Result<Replacement, FileError> {
    let path = &system::target(path)?;
    if matches!(expected, Expected::Text(known) if !is_at_rest(path, known)) {
        return Ok(Replacement::Overtaken(None));
    }
    let draft = beside(path, "new")?;
    system::write_draft(&draft, new.as_bytes()).map_err(|error| system::not_written(error, path))?;
    let replaced = if point.pass() { put(path, &draft, expected, new) } else { Err(FileError::Hangs) };
    if says(&draft, new) {
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
        Err(error) => Ok(Replacement::DoneBut(FileError::NotDurable(error).to_string())),
    }
}

fn put(path: &Path, draft: &Path, expected: Expected<'_>, new: &str) -> Result<Replacement, FileError> {
    match expected {
        Expected::Text(known) => exchange(path, draft, known, new),
        Expected::Nothing => take_free_name(path, draft),
        Expected::Anything => rename(draft, path),
    }
}

/// The names are exchanged, so that what was in the file's place can be looked at when nobody can replace it any more.
fn exchange(path: &Path, draft: &Path, known: &str, new: &str) -> Result<Replacement, FileError> {
    match system::exchange(draft, path) {
        Ok(()) if is_at_rest(draft, known) => {
            let _ = std::fs::remove_file(draft);
            Ok(Replacement::Done)
        }
        Ok(()) => Ok(give_back(path, draft, new)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Replacement::Overtaken(None)),
        Err(error) if error.kind() == ErrorKind::Unsupported => replace_after_a_look(path, draft, known),
        Err(error) => Err(system::not_written(error, path)),
    }
}

/// Whether a file says this, and nobody has it open who could write something else into it.
fn is_at_rest(path: &Path, known: &str) -> bool {
    says(path, known) && !has_writer(path)
}

/// Puts back what was in the file's place. Where ours was written over in that instant, both of theirs are kept; where it
/// cannot be put back, ours stays, and theirs is kept.
fn give_back(path: &Path, draft: &Path, new: &str) -> Replacement {
    let given = match system::exchange(draft, path) {
        // An editor that renames the file away leaves its name free for an instant.
        Err(error) if error.kind() == ErrorKind::NotFound => system::rename_to_free(draft, path),
        given => given,
    };
    if says(draft, new) || !draft.exists() {
        return Replacement::Overtaken(None);
    }
    let kept = keep(path, draft);
    if given.is_err() && says(path, new) {
        Replacement::DoneBut(kept)
    } else {
        Replacement::Overtaken(Some(kept))
    }
}

/// Gives a text that is not ours a name for people, and says which.
fn keep(path: &Path, draft: &Path) -> String {
    let kept = beside(path, "kept").and_then(|kept| std::fs::rename(draft, &kept).map(|()| kept));
    let kept = super::show(&kept.unwrap_or_else(|_| draft.to_owned()));
    tracing::warn!(file = %kept, "a file was edited while it was replaced; one text is kept there");
    format!(
        "it was edited in the same moment, and one text is kept in {kept}; compare them, then remove that file"
    )
}

fn replace_after_a_look(path: &Path, draft: &Path, known: &str) -> Result<Replacement, FileError> {
    if !says(path, known) {
        return Ok(Replacement::Overtaken(None));
    }
    rename(draft, path)
}

fn rename(draft: &Path, path: &Path) -> Result<Replacement, FileError> {
    std::fs::rename(draft, path).map_err(|error| system::not_written(error, path))?;
    Ok(Replacement::Done)
}

fn take_free_name(path: &Path, draft: &Path) -> Result<Replacement, FileError> {
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

/// Whether this is a name that a draft of the file `of` has.
pub(super) fn is_draft(name: &OsStr, of: &OsStr) -> bool {
    let behind = name.as_encoded_bytes().strip_prefix(of.as_encoded_bytes());
    let number = behind.and_then(|behind| behind.strip_prefix(b".new-"));
    number.is_some_and(|number| number.len() == 16 && number.iter().all(u8::is_ascii_hexdigit))
}

/// A name beside `path` that nothing bears: it cannot be guessed.
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

    fn replaced(path: &Path, known: Option<&str>, new: &str) -> Replacement {
        let expected = known.map_or(Expected::Nothing, Expected::Text);
        replace(path, expected, new, &CommitPoint::default()).unwrap()
    }

    #[test]
    fn what_was_cancelled_is_not_written_any_more_and_leaves_nothing() {
        let folder = Folder::new("cancelled");
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
        let folder = Folder::new("known");
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
    fn where_names_cannot_be_exchanged_the_file_is_looked_at_first() {
        let folder = Folder::new("look");
        let (path, draft) = (folder.0.join("config.toml"), folder.0.join("config.toml.new"));
        std::fs::write(&path, "theirs").unwrap();
        std::fs::write(&draft, "ours").unwrap();
        assert_eq!(replace_after_a_look(&path, &draft, "known").unwrap(), Replacement::Overtaken(None));
        assert_eq!(replace_after_a_look(&path, &draft, "theirs").unwrap(), Replacement::Done);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ours");
    }

    #[test]
    fn what_others_have_put_beside_the_file_stays() {
        let folder = Folder::new("others");
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
        let folder = Folder::new("instant");
        let (path, draft) =
            (folder.0.join("config.toml"), beside(&folder.0.join("config.toml"), "new").unwrap());
        std::fs::write(folder.0.join("config.toml.kept"), "precious").unwrap();
        std::fs::write(&draft, "first").unwrap();
        std::fs::write(&path, "second").unwrap();
        let Replacement::Overtaken(Some(note)) = give_back(&path, &draft, "ours") else { panic!("not kept") };
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(std::fs::read_to_string(folder.0.join("config.toml.kept")).unwrap(), "precious");
        let kept = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path());
        let kept = kept.filter(|file| note.contains(&*file.to_string_lossy()) && *file != path);
        let texts: Vec<_> = kept.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        assert!(texts.contains(&"second".to_owned()), "{note}: {texts:?}");
    }

    #[test]
    fn an_edit_that_cannot_be_given_back_is_kept_and_named() {
        let folder = Folder::new("back");
        let (path, draft) = (folder.0.join("gone/config.toml"), folder.0.join("config.toml.new-1"));
        std::fs::write(&draft, "theirs").unwrap();
        let Replacement::Overtaken(Some(note)) = give_back(&path, &draft, "ours") else { panic!("not kept") };
        assert!(note.contains("config.toml.new-1"), "{note}");
        assert_eq!(std::fs::read_to_string(&draft).unwrap(), "theirs");
    }
}
