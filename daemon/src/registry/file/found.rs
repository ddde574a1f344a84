//! Owns what is found under the config file's name, as against the last good text. It must not know what a text means.

use std::sync::Arc;
use std::time::Duration;

use super::super::error::RegistryError;
use super::super::parsed::Known;
use super::super::stability;
use super::{ConfigFile, Signature};
use crate::base::files::{self, FileError};

/// How long a file that somebody else wrote has to stay the same until it is taken as whole.
pub(super) const CALM: Duration = Duration::from_millis(20);

/// What was found under the file's name.
pub(in crate::registry) enum Found {
    /// No file.
    Nothing,
    /// The last good text.
    Same(Arc<Known>),
    /// Another text, or the first.
    Other(String),
}

impl ConfigFile {
    /// The file's version and text when nobody else is writing it.
    pub(super) fn whole(&self) -> (Option<Signature>, Result<Found, RegistryError>) {
        let (signature, text) = stability::at_rest(self);
        let refused = |error| Err(RegistryError::ConfigFile(self.shown(), error));
        match text {
            // Whoever wants no profiles any more says so with a file: a gap in an editor's work would end every token.
            Some(Ok(Found::Nothing)) if self.has_profiles() => (signature, refused(FileError::Absent)),
            Some(text) => (signature, text),
            None => (signature, Err(RegistryError::Busy(self.shown()))),
        }
    }

    fn has_profiles(&self) -> bool {
        self.last().as_ref().is_some_and(|last| !last.config.profiles.is_empty())
    }

    fn found(&self) -> Result<Found, RegistryError> {
        let last = self.last().clone();
        let read = match &last {
            Some(last) => files::read_unless(&self.path, &last.text),
            None => files::read_own(&self.path).map(Some),
        };
        match (read, last) {
            (Ok(None), Some(last)) => Ok(Found::Same(last)),
            (Ok(text), _) => Ok(Found::Other(text.unwrap_or_default())),
            (Err(FileError::Absent), _) => Ok(Found::Nothing),
            (Err(error), _) => Err(RegistryError::ConfigFile(self.shown(), error)),
        }
    }
}

impl stability::Changing for ConfigFile {
    type Version = Option<Signature>;
    type Text = Result<Found, RegistryError>;

    fn version(&self) -> Self::Version {
        self.signature()
    }

    fn text(&self) -> Self::Text {
        self.found()
    }

    fn is_new(&self, text: &Self::Text) -> bool {
        let last = self.last();
        match text {
            Ok(Found::Other(_)) => last.is_some(),
            Ok(Found::Nothing) => last.as_ref().is_some_and(|last| !last.text.is_empty()),
            Ok(Found::Same(_)) | Err(_) => false,
        }
    }

    fn is_first(&self) -> bool {
        self.last().is_none()
    }

    fn is_another_file(&self, version: &Self::Version) -> bool {
        let created = |of: &Self::Version| of.and_then(|signature| signature.created);
        created(version) != created(&self.signature())
    }

    fn has_writer(&self) -> bool {
        files::has_writer(&self.path)
    }

    fn pause(&self) {
        std::thread::sleep(CALM);
    }
}
