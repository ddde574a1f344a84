//! Owns the config file on disk: reading it whole, the one way to change it, and noticing that a person wrote it.

use std::path::{Path, PathBuf};

use super::edit::{Edit, EditError, Edited};
use super::error::RegistryError;
use crate::background;
use crate::config::Config;
use crate::files::{self, FILE_LIMIT, FileError, Replacement};

/// How often a change is applied anew to what a person has written meanwhile, before it is given up.
const ATTEMPTS: usize = 5;

/// One reading of the file.
pub(super) struct Reading {
    pub(super) config: Config,
    pub(super) signature: Option<Signature>,
}

/// What tells one version of the file from the next without reading it; absent where there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature {
    size: u64,
    changed: std::time::SystemTime,
}

/// A change, the text that it was made to, and what came of it.
pub(super) struct Prepared {
    edit: Edit,
    found: Option<String>,
    edited: Edited,
}

/// What came of a reading.
pub(super) type Read = Result<Reading, (Option<Signature>, RegistryError)>;

#[derive(Clone)]
pub(super) struct ConfigFile {
    path: PathBuf,
}

impl ConfigFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn shown(&self) -> String {
        files::show(&self.path)
    }

    pub(super) fn signature(&self) -> Option<Signature> {
        let facts = std::fs::symlink_metadata(&self.path).ok()?;
        Some(Signature { size: facts.len(), changed: facts.modified().ok()? })
    }

    /// A file that does not exist is an empty config.
    pub(super) fn read(&self) -> Read {
        // Taken before the content: a change in between is noticed at the next look.
        let signature = self.signature();
        let text = self.text().map_err(|error| (signature, error))?;
        match Config::parse(&text) {
            Ok(config) => Ok(Reading { config, signature }),
            Err(error) => Err((signature, RegistryError::Config(self.shown(), error))),
        }
    }

    /// The change made to the file as it is now, to be written yet.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub(super) async fn prepare(&self, edit: Edit) -> Result<Prepared, RegistryError> {
        let file = self.clone();
        let prepare = move || {
            let found = file.found()?;
            Ok(Prepared { edited: file.edited(&found, &edit)?, found, edit })
        };
        self.in_background(prepare).await
    }

    /// Makes the change to the file as it is at the moment of writing, and gives what the file means then.
    ///
    /// # Errors
    /// Why it was not made; the file is then as a person left it.
    pub(super) async fn write(&self, prepared: Prepared) -> Result<Reading, RegistryError> {
        let file = self.clone();
        self.in_background(move || file.write_now(prepared)).await
    }

    fn write_now(&self, prepared: Prepared) -> Result<Reading, RegistryError> {
        let Prepared { edit, mut found, mut edited } = prepared;
        let failed = |error| RegistryError::WriteFailed(self.shown(), error);
        files::make_private_folder(self.path.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
        for _ in 0..ATTEMPTS {
            let is_same = found.as_ref() == Some(&edited.text);
            let known = found.as_deref();
            if is_same
                || files::replace_known(&self.path, known, &edited.text).map_err(failed)? == Replacement::Done
            {
                // Whoever writes the file from now on is noticed by a signature that is none.
                return Ok(Reading { config: edited.config, signature: None });
            }
            found = self.found()?;
            edited = self.edited(&found, &edit)?;
        }
        Err(RegistryError::Busy(self.shown()))
    }

    fn edited(&self, found: &Option<String>, edit: &Edit) -> Result<Edited, RegistryError> {
        let edited = edit.apply(found.as_deref().unwrap_or_default()).map_err(|error| match error {
            EditError::Broken(error) => RegistryError::Config(self.shown(), error),
            EditError::Exists(name) => RegistryError::Exists(name),
            EditError::Unknown(name) => RegistryError::UnknownProfile(name),
            EditError::Overtaken(name) => RegistryError::Overtaken(name, self.shown()),
            EditError::Unwritable => RegistryError::Unwritable(self.shown()),
        })?;
        match edited.text.len() as u64 {
            0..=FILE_LIMIT => Ok(edited),
            _ => Err(RegistryError::TooLarge(self.shown(), FILE_LIMIT / 1024)),
        }
    }

    async fn in_background<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let outcome = background::run(work).await;
        outcome.map_err(|error| RegistryError::WriteFailed(self.shown(), FileError::Io(error)))?
    }

    fn text(&self) -> Result<String, RegistryError> {
        Ok(self.found()?.unwrap_or_default())
    }

    /// The text; nothing where there is no file.
    fn found(&self) -> Result<Option<String>, RegistryError> {
        match files::read_own(&self.path) {
            Ok(text) => Ok(Some(text)),
            Err(FileError::Absent) => Ok(None),
            Err(error) => Err(RegistryError::ConfigFile(self.shown(), error)),
        }
    }
}
