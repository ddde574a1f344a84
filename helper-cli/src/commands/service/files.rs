//! Owns the files of a service, and the record of what was written last, which tells an older version from an edited file.

use std::fs::DirBuilder;
use std::io::Read;
use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure};

use super::show;
use crate::commands::shared::not_written;

/// Most bytes of a file that are looked at; none of ours is nearly as long.
const MAX_FILE_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct UnitFile {
    pub(super) path: PathBuf,
    text: String,
    record: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    Current,
    /// Written by an earlier version.
    Older,
    Edited,
}

#[cfg(unix)]
impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Current => "current",
            Self::Older => "older",
            Self::Edited => "edited",
        }
    }
}

/// The state directory; [`ErrorCode::CONFIG_BROKEN`] if no variable says where.
pub(super) fn state_folder() -> Result<PathBuf, Failure> {
    cp_token_protocol::state_folder(|name| std::env::var_os(name))
        .map_err(|error| Failure::new(ErrorCode::CONFIG_BROKEN, error.to_string()))
}

impl UnitFile {
    /// A file of that name in `folder`; [`ErrorCode::CONFIG_BROKEN`] without a state directory for its record.
    pub(super) fn new(folder: &Path, name: &str, text: String) -> Result<Self, Failure> {
        Ok(Self { path: folder.join(name), text, record: state_folder()?.join("service").join(name) })
    }

    pub(super) fn state(&self) -> State {
        match std::fs::symlink_metadata(&self.path) {
            Err(_) => State::Absent,
            Ok(facts) if !facts.is_file() => State::Edited,
            Ok(_) => match read(&self.path) {
                Some(text) if text == self.text => State::Current,
                Some(text) if read(&self.record).as_ref() == Some(&text) => State::Older,
                _ => State::Edited,
            },
        }
    }

    /// Fails with [`ErrorCode::USAGE`] if the file was edited, unless forced.
    pub(super) fn require_replaceable(&self, force: bool) -> Result<(), Failure> {
        if force || self.state() != State::Edited {
            return Ok(());
        }
        let message = format!("{} was edited, or cp-token has not written it", show(&self.path));
        Err(Failure::new(ErrorCode::USAGE, message)
            .with_hint("keep your changes in a drop-in or elsewhere and run this again with --force"))
    }

    pub(super) fn put(&self) -> Result<String, Failure> {
        let state = self.state();
        replace(&self.record, &self.text, true)?;
        if state == State::Current {
            return Ok(format!("unchanged: {}", show(&self.path)));
        }
        replace(&self.path, &self.text, false)?;
        let done = if state == State::Absent { "wrote" } else { "replaced" };
        Ok(format!("{done}: {}", show(&self.path)))
    }

    /// Removes the file, and returns a line about it if there was one.
    pub(super) fn remove(&self) -> Result<Option<String>, Failure> {
        let _ = std::fs::remove_file(&self.record);
        let _ = self.record.parent().map(std::fs::remove_dir);
        match std::fs::remove_file(&self.path) {
            Ok(()) => Ok(Some(format!("removed: {}", show(&self.path)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(not_written(&error)),
        }
    }
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(MAX_FILE_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Replaces the file atomically. The state directory is created private, or the daemon would refuse it.
fn replace(path: &Path, text: &str, is_state: bool) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let write = || {
        folders(is_state).create(folder)?;
        std::fs::write(&new, text)?;
        std::fs::rename(&new, path)
    };
    write().map_err(|error| not_written(&error))
}

fn folders(are_private: bool) -> DirBuilder {
    let mut folders = DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, if are_private { 0o700 } else { 0o777 });
    #[cfg(not(unix))]
    let _ = are_private;
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(folder: &Path, text: &str) -> UnitFile {
        let record = folder.join("record/unit");
        UnitFile { path: folder.join("units/unit"), text: text.to_owned(), record }
    }

    #[test]
    fn an_older_text_of_ours_is_replaced_and_one_of_a_person_s_only_when_told() {
        let folder = std::env::temp_dir().join(format!("cp-token-files-{}", std::process::id()));
        let first = wanted(&folder, "first");
        assert_eq!(first.state(), State::Absent);
        assert!(first.put().unwrap().starts_with("wrote: "));
        assert!(first.put().unwrap().starts_with("unchanged: "));
        let second = wanted(&folder, "second");
        assert_eq!(second.state(), State::Older);
        assert!(second.require_replaceable(false).is_ok() && second.put().unwrap().starts_with("replaced: "));
        std::fs::write(&second.path, "mine").unwrap();
        assert_eq!(second.require_replaceable(false).unwrap_err().code, ErrorCode::USAGE);
        assert!(second.require_replaceable(true).is_ok() && second.put().unwrap().starts_with("replaced: "));
        assert!(second.remove().unwrap().is_some() && second.remove().unwrap().is_none());
        assert!(!folder.join("record").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
