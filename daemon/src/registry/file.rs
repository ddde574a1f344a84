//! Owns the config file on disk: reading it whole, replacing it whole, and noticing that a person wrote it.

use std::path::{Path, PathBuf};

use super::error::RegistryError;
use crate::background;
use crate::config::Config;
use crate::config::edit::ConfigText;
use crate::files::{self, FileError};

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
    pub(super) fn read(&self) -> Result<Reading, (Option<Signature>, RegistryError)> {
        // Taken before the content: a change in between is noticed at the next look.
        let signature = self.signature();
        let text = self.text().map_err(|error| (signature, error))?;
        match Config::parse(&text) {
            Ok(config) => Ok(Reading { config, signature }),
            Err(error) => Err((signature, RegistryError::Config(self.shown(), error))),
        }
    }

    pub(super) fn open(&self) -> Result<ConfigText, RegistryError> {
        ConfigText::open(&self.text()?).map_err(|error| RegistryError::Config(self.shown(), error))
    }

    /// Puts the new text in the place of the old one, or leaves the old one.
    pub(super) async fn write(&self, text: &ConfigText) -> Result<(), RegistryError> {
        let (path, text) = (self.path.clone(), text.text());
        let write = move || {
            files::make_private_folder(path.parent().unwrap_or(Path::new("/")))?;
            files::replace(&path, text.as_bytes())
        };
        let outcome = background::run(write).await.map_err(FileError::Io).flatten();
        outcome.map_err(|error| RegistryError::WriteFailed(self.shown(), error))
    }

    fn text(&self) -> Result<String, RegistryError> {
        match files::read_own(&self.path) {
            Ok(text) => Ok(text),
            Err(FileError::Absent) => Ok(String::new()),
            Err(error) => Err(RegistryError::ConfigFile(self.shown(), error)),
        }
    }
}
