//! Owns the content of the config file, compared with the last valid text. It must not know what a text means.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Failure;

use super::super::edit::ParsedText;
use super::super::{failure, stable_read};
use super::{ConfigFile, FileVersion};
use crate::base::files::{self, FileError};

/// How long a file that another program wrote must stay unchanged until it counts as complete.
pub(super) const STABLE_TIME: Duration = Duration::from_millis(20);

pub(in crate::registry) enum FileContent {
    Nothing,
    /// The last valid text.
    Same(Arc<ParsedText>),
    /// Another text than the last valid one, or the first.
    Other(String),
}

impl ConfigFile {
    /// The file's version and content when no other program is writing it.
    pub(super) fn read_stable(&self) -> (Option<FileVersion>, Result<FileContent, Failure>) {
        let (version, text) = stable_read::read_stable(self);
        match text {
            // An editor may remove the file for a moment. To remove all profiles, a person leaves an empty file.
            Some(Ok(FileContent::Nothing))
                if self.last().as_ref().is_some_and(|last| !last.config.profiles.is_empty()) =>
            {
                (version, Err(failure::not_used(&self.shown(), &FileError::Absent)))
            }
            Some(text) => (version, text),
            None => (version, Err(failure::busy(&self.shown()))),
        }
    }
}

impl stable_read::WatchedFile for ConfigFile {
    type Version = Option<FileVersion>;
    type Text = Result<FileContent, Failure>;

    fn version(&self) -> Self::Version {
        let facts = std::fs::metadata(&self.path).ok()?;
        Some(FileVersion {
            size: facts.len(),
            changed: facts.modified().ok()?,
            created: facts.created().ok(),
        })
    }

    fn text(&self) -> Self::Text {
        let last = self.last().clone();
        let read = match &last {
            Some(last) => files::read_unless(&self.path, &last.text),
            None => files::read_own(&self.path).map(Some),
        };
        match (read, last) {
            (Ok(None), Some(last)) => Ok(FileContent::Same(last)),
            (Ok(text), _) => Ok(FileContent::Other(text.unwrap_or_default())),
            (Err(FileError::Absent), _) => Ok(FileContent::Nothing),
            (Err(error), _) => Err(failure::not_used(&self.shown(), &error)),
        }
    }

    fn is_new(&self, text: &Self::Text) -> bool {
        let last = self.last();
        match text {
            Ok(FileContent::Other(_)) => last.is_some(),
            Ok(FileContent::Nothing) => last.as_ref().is_some_and(|last| !last.text.is_empty()),
            Ok(FileContent::Same(_)) | Err(_) => false,
        }
    }

    fn is_another_file(&self, version: &Self::Version) -> bool {
        let created = |of: &Self::Version| of.and_then(|version| version.created);
        created(version) != created(&self.version())
    }

    fn has_writer(&self) -> bool {
        files::has_writer(&self.path)
    }

    fn pause(&self) {
        std::thread::sleep(STABLE_TIME);
    }
}
