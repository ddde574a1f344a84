//! Owns the config file on disk: reading it whole, the one way to change it, and noticing that a person wrote it.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use cp_token_protocol::ProfileName;

use super::edit::{Edit, EditError, Edited};
use super::error::RegistryError;
use super::parsed_text::ParsedText;
use super::select;
use crate::base::blocking;
use crate::base::commit_point::CommitPoint;
use crate::base::files::{self, Expected, FILE_LIMIT, FileError, Replacement};
use crate::profile::config::Config;

mod content;

use content::FileContent;

/// How often a change is applied anew to what a person has written meanwhile, before it is given up.
const MAX_ATTEMPTS: usize = 5;

/// The longest wait for the file, which may lie on a disk that hangs: what has not been written by then never is.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long another daemon may be writing, which it does within one reading and one replacement.
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);

/// The same where it has hung before: enough for a disk that answers again.
const SHORT_TIMEOUT: Duration = Duration::from_millis(50);

/// One reading of the file.
pub(super) struct Reading {
    pub(super) config: Arc<Config>,
    pub(super) version: Option<FileVersion>,
    /// The config that a change was made to, and the one profile that differs from it; absent: any may.
    pub(super) changed: Option<(Arc<Config>, ProfileName)>,
}

/// What tells one version of the file from the next without reading it; absent where there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileVersion {
    size: u64,
    changed: SystemTime,
    /// Another one is another file under the same name; absent where the disk keeps none.
    created: Option<SystemTime>,
}

/// A change, the text that it was made to, and what came of it.
pub(super) struct PreparedEdit {
    edit: Edit,
    is_there: bool,
    known: Arc<ParsedText>,
    edited: ParsedText,
}

/// What the file means after a change, and what people have to know about it.
pub(super) type Written = (Reading, Option<String>);

/// What came of a reading.
pub(super) type ReadResult = Result<Reading, (Option<FileVersion>, Box<RegistryError>)>;

#[derive(Clone)]
pub(super) struct ConfigFile {
    path: PathBuf,
    /// The lock file of its writers.
    lock: PathBuf,
    /// The last good text that was read or written.
    known: Arc<Mutex<Option<Arc<ParsedText>>>>,
    /// Whether the last look at the file was given up.
    hangs: Arc<AtomicBool>,
}

impl ConfigFile {
    pub(super) fn new(path: PathBuf, lock: PathBuf) -> Self {
        Self { path, lock, known: Arc::default(), hangs: Arc::default() }
    }

    pub(super) fn shown(&self) -> String {
        files::show(&self.path)
    }

    pub(super) fn exact(&self) -> String {
        files::exact(&self.path)
    }

    pub(super) fn version(&self) -> Option<FileVersion> {
        let facts = std::fs::metadata(&self.path).ok()?;
        Some(FileVersion {
            size: facts.len(),
            changed: facts.modified().ok()?,
            created: facts.created().ok(),
        })
    }

    /// A file that does not exist is an empty config where none was known.
    pub(super) fn read(&self) -> ReadResult {
        let (version, text) = self.whole();
        match text.and_then(|text| self.known(text)) {
            Ok(known) => Ok(Reading { config: Arc::clone(&known.config), version, changed: None }),
            Err(error) => Err((version, Box::new(error))),
        }
    }

    /// What the text means. It is parsed only where it is another than before.
    fn known(&self, found: FileContent) -> Result<Arc<ParsedText>, RegistryError> {
        let text = match found {
            FileContent::Same(known) => return Ok(known),
            FileContent::Other(text) => text,
            FileContent::Nothing => String::new(),
        };
        let parsed = ParsedText::parse(text);
        Ok(self.remember(parsed.map_err(|error| RegistryError::Config(self.shown(), error))?))
    }

    fn remember(&self, known: ParsedText) -> Arc<ParsedText> {
        let known = Arc::new(known);
        *self.last() = Some(Arc::clone(&known));
        known
    }

    fn last(&self) -> MutexGuard<'_, Option<Arc<ParsedText>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file says now; nothing where it is the version of this version. Once it has hung, only whoever `insists`
    /// waits for it as long again.
    pub(super) async fn read_unless(
        &self,
        known: Option<Option<FileVersion>>,
        insists: bool,
    ) -> Option<ReadResult> {
        let file = self.clone();
        let work = move || (known != Some(file.version())).then(|| file.read());
        let patience = if self.hangs.load(Ordering::Relaxed) && !insists { SHORT_TIMEOUT } else { TIMEOUT };
        let read = tokio::time::timeout(patience, blocking::on(&self.shown(), work)).await;
        self.hangs.store(read.is_err(), Ordering::Relaxed);
        match read {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => Some(Err((None, Box::new(self.not_done(error, RegistryError::ConfigFile))))),
            Err(_) => Some(Err((None, Box::new(RegistryError::ConfigFile(self.shown(), FileError::Hangs))))),
        }
    }

    /// The change made to the file as it is now, to be written yet.
    ///
    /// # Errors
    /// Why it cannot be made, or written.
    pub(super) async fn prepare(&self, edit: Edit) -> Result<PreparedEdit, RegistryError> {
        let file = self.clone();
        self.run_blocking(move |_| file.prepared(edit)).await
    }

    fn prepared(&self, edit: Edit) -> Result<PreparedEdit, RegistryError> {
        let found = self.whole().1?;
        let is_there = !matches!(found, FileContent::Nothing);
        let known = self.known(found)?;
        let edited = self.edited(&known, &edit)?;
        let writable = files::check_writable(&self.path);
        writable.map_err(|error| self.not_written(error, &edit, &edited.text))?;
        Ok(PreparedEdit { edit, is_there, known, edited })
    }

    /// The change, where it could be made now and be written.
    ///
    /// # Errors
    /// As [`ConfigFile::prepare`].
    pub(super) async fn require_writable(&self, edit: Edit) -> Result<Edit, RegistryError> {
        Ok(self.prepare(edit).await?.edit)
    }

    /// Makes the change to the file as it is at the moment of writing, and gives what the file means then, with what people
    /// have to know: it is not safe from a power cut, or a text of theirs was kept.
    ///
    /// # Errors
    /// Why it was not made; the file is then as a person left it.
    pub(super) async fn write(&self, prepared: PreparedEdit) -> Result<Written, RegistryError> {
        let file = self.clone();
        self.run_blocking(move |point| file.write_now(prepared, point)).await
    }

    fn write_now(&self, prepared: PreparedEdit, point: &CommitPoint) -> Result<Written, RegistryError> {
        let lock = files::lock_writers(&self.lock, LOCK_TIMEOUT);
        let lock = lock.map_err(|error| RegistryError::WriteFailed(self.shown(), error))?;
        files::remove_drafts(&self.path, &lock);
        let (mut prepared, mut kept) = (prepared, None);
        for _ in 0..MAX_ATTEMPTS {
            let PreparedEdit { edit, is_there, known, edited } = prepared;
            let old = if is_there { Expected::Text(&known.text) } else { Expected::Nothing };
            let written = match old == Expected::Text(&edited.text) {
                true => Ok(Replacement::Done),
                false => files::replace(&self.path, old, &edited.text, point),
            };
            let warning = match written.map_err(|error| self.not_written(error, &edit, &edited.text))? {
                Replacement::Done => kept,
                Replacement::DoneBut(warning) => Some(warning),
                Replacement::Overtaken(text) => {
                    kept = text.or(kept);
                    std::thread::sleep(content::STABLE_TIME);
                    prepared = self.prepared(edit)?;
                    continue;
                }
            };
            let warning = warning.map(|warning| format!("{}: {warning}", self.shown()));
            let changed = Some((Arc::clone(&known.config), edit.name().clone()));
            let config = Arc::clone(&self.remember(edited).config);
            // Whoever writes the file from now on is noticed by a version that is none.
            return Ok((Reading { config, version: None, changed }, warning));
        }
        Err(RegistryError::Busy(self.shown()))
    }

    /// The text with the change: of one part where that will do, else of the whole.
    fn edited(&self, known: &ParsedText, edit: &Edit) -> Result<ParsedText, RegistryError> {
        let edited = match edit.apply_to_section(known) {
            Some(edited) => edited,
            None => self.edited_whole(known, edit)?,
        };
        match edited.text.len() as u64 {
            0..=FILE_LIMIT => Ok(edited),
            _ => Err(RegistryError::TooLarge(self.shown(), FILE_LIMIT >> 20)),
        }
    }

    fn edited_whole(&self, known: &ParsedText, edit: &Edit) -> Result<ParsedText, RegistryError> {
        let Edited { text, config } = edit.apply(&known.text).map_err(|error| match error {
            EditError::Broken(error) => RegistryError::Config(self.shown(), error),
            EditError::Exists(name) => RegistryError::Exists(name),
            EditError::Unknown(name) => select::unknown_profile(&known.config, &name),
            EditError::Conflict(name) => RegistryError::Conflict(name, self.shown()),
            EditError::Unwritable => RegistryError::Unwritable(self.shown()),
        })?;
        let known = ParsedText::parse(text).map_err(|error| RegistryError::Config(self.shown(), error))?;
        Ok(ParsedText { config: Arc::new(config), ..known })
    }

    fn not_written(&self, error: FileError, edit: &Edit, text: &str) -> RegistryError {
        let FileError::ReadOnly(place) = error else {
            return RegistryError::WriteFailed(self.shown(), error);
        };
        match self.version() {
            None => RegistryError::ReadOnlyDir(self.shown(), self.folder_of(place)),
            Some(_) => RegistryError::ReadOnly(place, edit.manual_steps(text)),
        }
    }

    /// The folder that cannot be written to, where the file itself was named for it.
    fn folder_of(&self, place: String) -> String {
        match self.path.parent() {
            Some(folder) if place == self.shown() => files::show(folder),
            Some(_) | None => place,
        }
    }

    async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CommitPoint) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let failed = |error| RegistryError::WriteFailed(self.shown(), error);
        let outcome = blocking::on_within(&self.shown(), TIMEOUT, work).await;
        let not_done = |error| self.not_done(error, RegistryError::WriteFailed);
        outcome.map_err(not_done)?.ok_or_else(|| failed(FileError::Hangs))?
    }

    /// What it means that work at the file was not begun, or panicked.
    fn not_done(&self, error: io::Error, refused: fn(String, FileError) -> RegistryError) -> RegistryError {
        match blocking::is_panic(&error) {
            true => RegistryError::Internal,
            false => refused(self.shown(), FileError::Io(error)),
        }
    }
}
