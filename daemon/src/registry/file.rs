//! Owns the config file on disk: reading it, the one way to change it, and detecting that a person changed it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use cp_token_protocol::{Failure, ProfileName};

use super::edit::{Edit, ParsedText};
use super::failure;
use super::stable_read::WatchedFile;
use crate::base::blocking;
use crate::base::commit_point::CommitPoint;
use crate::base::files::{self, Expected, FileError, MAX_FILE_BYTES, Replacement};
use crate::base::mutex::lock;
use crate::failure::internal;
use crate::profile::config::Config;

mod content;

use content::FileContent;

/// How often a change is applied again because the file was changed meanwhile.
const MAX_ATTEMPTS: usize = 5;

/// The longest wait for the file, whose disk may hang: what is not written by then is never written.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long another daemon may be writing, which it does within one reading and one replacement.
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);

/// The wait for a file that hung before: enough for a disk that works again.
const SHORT_TIMEOUT: Duration = Duration::from_millis(50);

pub(super) struct Reading {
    pub(super) config: Arc<Config>,
    pub(super) version: Option<FileVersion>,
    /// The config before a change, and the one profile that the change is about; absent where any may have changed.
    pub(super) changed: Option<(Arc<Config>, ProfileName)>,
}

/// A version of the file, known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileVersion {
    size: u64,
    changed: SystemTime,
    /// Differs for another file of the same name; absent where the file system has none.
    created: Option<SystemTime>,
}

/// A change, the text that it was applied to, and the result.
pub(super) struct PreparedEdit {
    edit: Edit,
    exists: bool,
    known: Arc<ParsedText>,
    edited: ParsedText,
}

/// The result of reading the file, with its version.
pub(super) type ReadResult = Result<Reading, (Option<FileVersion>, Failure)>;

#[derive(Clone)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    /// The lock file of its writers.
    lock: PathBuf,
    /// What the daemon writes by itself, which no value of the config may name.
    own_files: Arc<[PathBuf]>,
    /// The last valid text that was read or written.
    last: Arc<Mutex<Option<Arc<ParsedText>>>>,
    /// Whether the last reading timed out.
    is_hanging: Arc<AtomicBool>,
}

impl ConfigFile {
    pub(super) fn new(path: PathBuf, lock: PathBuf, own_files: Vec<PathBuf>) -> Self {
        let own_files = own_files.into();
        Self { path, lock, own_files, last: Arc::default(), is_hanging: Arc::default() }
    }

    pub(super) fn shown(&self) -> String {
        files::show(&self.path)
    }

    /// Whether the last reading timed out.
    pub(super) fn hangs(&self) -> bool {
        self.is_hanging.load(Ordering::Relaxed)
    }

    /// A file that does not exist is an empty config, unless there was a config with profiles.
    pub(super) fn read(&self) -> ReadResult {
        let (version, content) = self.read_stable();
        match content.and_then(|content| self.parse(content)) {
            Ok(known) => Ok(Reading { config: Arc::clone(&known.config), version, changed: None }),
            Err(failure) => Err((version, failure)),
        }
    }

    /// What the content means. A text is parsed only if it differs from the last one.
    fn parse(&self, found: FileContent) -> Result<Arc<ParsedText>, Failure> {
        let text = match found {
            FileContent::Same(known) => return Ok(known),
            FileContent::Other(text) => text,
            FileContent::Nothing => String::new(),
        };
        let parsed = ParsedText::parse(text);
        let parsed = parsed.map_err(|error| failure::config_broken(&self.shown(), &error))?;
        let config = &parsed.config;
        match config.audit_file.as_deref().is_some_and(|file| self.is_own(file) || config.reads(file)) {
            true => Err(failure::audit_file_is_own(&self.shown())),
            false => Ok(self.remember(parsed)),
        }
    }

    fn is_own(&self, file: &Path) -> bool {
        self.own_files.iter().any(|own| files::is_one_file(file, own))
    }

    fn remember(&self, known: ParsedText) -> Arc<ParsedText> {
        let known = Arc::new(known);
        *self.last() = Some(Arc::clone(&known));
        known
    }

    fn last(&self) -> MutexGuard<'_, Option<Arc<ParsedText>>> {
        lock(&self.last)
    }

    /// What the file says now; nothing if it has the version `known` and no writer. After a timeout, only a patient caller
    /// waits for the full timeout again.
    pub(super) async fn read_unless(
        &self,
        known: Option<Option<FileVersion>>,
        is_patient: bool,
    ) -> Option<ReadResult> {
        let file = self.clone();
        let work = move || {
            let is_known = known == Some(file.version()) && !files::has_writer(&file.path);
            (!is_known).then(|| file.read())
        };
        let limit = if self.hangs() && !is_patient { SHORT_TIMEOUT } else { TIMEOUT };
        let read = tokio::time::timeout(limit, blocking::on(&self.shown(), work)).await;
        self.is_hanging.store(read.is_err(), Ordering::Relaxed);
        match read {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => Some(Err((None, self.work_failed(error, failure::not_used)))),
            Err(_) => Some(Err((None, failure::not_used(&self.shown(), &FileError::Hangs)))),
        }
    }

    /// The change applied to the file as it is now, but not written.
    pub(super) async fn prepare(&self, edit: Edit) -> Result<PreparedEdit, Failure> {
        let file = self.clone();
        self.run_blocking(move |_| file.prepared(edit)).await
    }

    fn prepared(&self, edit: Edit) -> Result<PreparedEdit, Failure> {
        let found = self.read_stable().1?;
        let exists = !matches!(found, FileContent::Nothing);
        let known = self.parse(found)?;
        let edited = self.edited(&known, &edit)?;
        let writable = files::check_writable(&self.path);
        writable.map_err(|error| self.write_failed(error, &edit, &edited.text))?;
        Ok(PreparedEdit { edit, exists, known, edited })
    }

    /// Returns the change if it could be made and written now.
    pub(super) async fn require_writable(&self, edit: Edit) -> Result<Edit, Failure> {
        Ok(self.prepare(edit).await?.edit)
    }

    /// Makes the change to the file as it is now, and returns what the file means then, and a warning: a power failure may
    /// undo the change, or a text that a person wrote was kept.
    pub(super) async fn write(&self, prepared: PreparedEdit) -> Result<(Reading, Option<String>), Failure> {
        let file = self.clone();
        self.run_blocking(move |point| file.write_now(prepared, point)).await
    }

    fn write_now(
        &self,
        prepared: PreparedEdit,
        point: &CommitPoint,
    ) -> Result<(Reading, Option<String>), Failure> {
        let lock = files::lock_writers(&self.lock, LOCK_TIMEOUT);
        let lock = lock.map_err(|error| failure::write_failed(&self.shown(), &error))?;
        lock.remove_drafts(&self.path);
        let (mut prepared, mut kept) = (prepared, None);
        for _ in 0..MAX_ATTEMPTS {
            let PreparedEdit { edit, exists, known, edited } = prepared;
            let old = if exists { Expected::Text(&known.text) } else { Expected::Nothing };
            let written = match old == Expected::Text(&edited.text) {
                true => Ok(Replacement::Done),
                false => files::replace(&self.path, old, &edited.text, point),
            };
            let warning = match written.map_err(|error| self.write_failed(error, &edit, &edited.text))? {
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
            // Without a version, the next reading detects any later change.
            return Ok((Reading { config, version: None, changed }, warning));
        }
        Err(failure::busy(&self.shown()))
    }

    /// The text with the change: of one section where that is enough, or else of the whole text.
    fn edited(&self, known: &ParsedText, edit: &Edit) -> Result<ParsedText, Failure> {
        let edited = match edit.apply_to_section(known) {
            Some(edited) => edited,
            None => edit.apply(&known.text, &self.shown())?,
        };
        match edited.text.len() as u64 {
            0..=MAX_FILE_BYTES => Ok(edited),
            _ => Err(failure::too_large(&self.shown())),
        }
    }

    fn write_failed(&self, error: FileError, edit: &Edit, text: &str) -> Failure {
        let FileError::ReadOnly(place) = error else {
            return failure::write_failed(&self.shown(), &error);
        };
        if self.version().is_some() {
            return failure::read_only(&place, &edit.manual_steps(text));
        }
        // The error may name the file itself.
        let directory = self.path.parent().map(files::show).filter(|_| place == self.shown());
        failure::read_only_directory(&self.shown(), &directory.unwrap_or(place))
    }

    async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CommitPoint) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let outcome = blocking::on_within(&self.shown(), TIMEOUT, work).await;
        let outcome = outcome.map_err(|error| self.work_failed(error, failure::write_failed))?;
        outcome.ok_or_else(|| failure::write_failed(&self.shown(), &FileError::Hangs))?
    }

    /// The error for work on the file that did not start, or panicked.
    fn work_failed(&self, error: io::Error, worded: fn(&str, &FileError) -> Failure) -> Failure {
        match blocking::is_panic(&error) {
            true => internal(),
            false => worded(&self.shown(), &FileError::Io(error)),
        }
    }
}
