//! Owns the audit log: who asked for what, when, and with which result. The last thousand entries are kept in memory and,
//! on request, copied to a file. It decides nothing, and stores no secret, no token and no text from a server.

pub mod callers;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{LogEntry, LogRequest, Operation, Outcome};

use crate::audit::callers::{CallerSnapshot, Callers};
use crate::base::clock::Clock;
use crate::base::mutex;

mod file;
mod line;

use file::AuditFile;

/// How many entries are kept; the newest replaces the oldest.
pub const MAX_ENTRIES: usize = 1000;
/// Entries in one part of an exported log.
const EXPORT_CHUNK: u32 = 100;
/// Entries in one page: even the longest ones fit a frame.
const MAX_PAGE: u32 = 256;

/// The audit log.
pub struct Audit {
    clock: Arc<dyn Clock>,
    callers: Callers,
    ring: Mutex<Ring>,
}

struct Ring {
    entries: VecDeque<LogEntry>,
    /// The number of the newest entry: how many there ever were.
    count: u64,
    file: Option<AuditFile>,
}

/// An entry whose outcome is not known yet. Dropping the guard writes the entry: without an outcome, it says that the caller
/// abandoned the request.
pub struct AuditGuard {
    audit: Arc<Audit>,
    entry: LogEntry,
    /// The caller, until its name is read.
    caller: Option<CallerSnapshot>,
}

impl Audit {
    /// An empty log.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let ring = Ring { entries: VecDeque::new(), count: 0, file: None };
        Arc::new(Self { clock, callers: Callers::default(), ring: Mutex::new(ring) })
    }

    /// Begins the entry of a caller's request. The caller's name is read when the entry is written, or by
    /// [`AuditGuard::resolve_caller`].
    pub fn begin_request(
        self: &Arc<Self>,
        operation: Operation,
        profile: Option<&ProfileName>,
        caller: CallerSnapshot,
    ) -> AuditGuard {
        self.begin(operation, profile, Some(self.capture_caller(caller)))
    }

    /// Begins the entry of something that the daemon does by itself.
    pub fn begin_own(self: &Arc<Self>, operation: Operation, profile: &ProfileName) -> AuditGuard {
        self.begin(operation, Some(profile), None)
    }

    /// Adds to the snapshot what can be read only while the caller exists.
    pub fn capture_caller(&self, caller: CallerSnapshot) -> CallerSnapshot {
        self.callers.capture_caller(caller, self.clock.now().boot)
    }

    /// The page of the log that is asked for, oldest entry first.
    pub fn page(&self, request: LogRequest) -> Vec<LogEntry> {
        let ring = self.ring();
        let first = ring.count - ring.entries.len() as u64 + 1;
        let end = request.before.unwrap_or(u64::MAX).clamp(first, ring.count + 1);
        let start = end.saturating_sub(request.limit.min(MAX_PAGE).into());
        ring.entries.iter().filter(|entry| (start..end).contains(&entry.number)).cloned().collect()
    }

    /// Copies every later entry to this file, or to none.
    pub fn set_file(&self, path: Option<&Path>) {
        let mut ring = self.ring();
        if ring.file.as_ref().map(AuditFile::path) == path {
            return;
        }
        ring.file = path.and_then(|path| {
            let started = AuditFile::start(path.to_owned());
            started.inspect_err(|error| tracing::warn!(%error, "the audit file is not written")).ok()
        });
    }

    /// The path of the file, and why it cannot be written.
    pub fn file_status(&self) -> Option<(PathBuf, Option<String>)> {
        self.ring().file.as_ref().map(|file| (file.path().to_owned(), file.problem()))
    }

    /// Waits until every entry so far is in the file.
    pub async fn flush_file(&self) {
        let flushed = self.ring().file.as_ref().map(AuditFile::flush);
        if let Some(flushed) = flushed {
            let _ = flushed.await;
        }
    }

    /// The whole log in parts that each fit a frame, oldest first.
    pub fn export_state(&self) -> Vec<Vec<LogEntry>> {
        let (mut parts, mut before) = (VecDeque::new(), None);
        loop {
            let part = self.page(LogRequest { limit: EXPORT_CHUNK, before });
            let Some(first) = part.first() else { return parts.into() };
            before = Some(first.number);
            parts.push_front(part);
        }
    }

    /// Adds a part of an exported log; later entries count on from it.
    pub fn import_state(&self, part: Vec<LogEntry>) {
        let mut ring = self.ring();
        for entry in part {
            // Numbers have no gaps, so they are counted from the newest part.
            ring.count = entry.number.saturating_sub(1);
            ring.push(entry);
        }
    }

    /// Writes entries of requests that another daemon received.
    pub fn append(&self, entries: Vec<LogEntry>) {
        entries.into_iter().for_each(|entry| self.write(entry));
    }

    fn begin(
        self: &Arc<Self>,
        operation: Operation,
        profile: Option<&ProfileName>,
        caller: Option<CallerSnapshot>,
    ) -> AuditGuard {
        let (at, profile, outcome) = (self.clock.now().wall.as_secs(), profile.cloned(), Outcome::Abandoned);
        let entry = LogEntry { number: 0, at, profile, operation, outcome, caller: None };
        AuditGuard { audit: Arc::clone(self), entry, caller }
    }

    /// The one place where an entry is written.
    fn write(&self, entry: LogEntry) {
        let mut ring = self.ring();
        let entry = LogEntry { number: ring.count + 1, ..entry };
        if let Some(file) = &ring.file {
            file.write(entry.clone());
        }
        ring.push(entry);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        mutex::lock(&self.ring)
    }
}

impl Ring {
    fn push(&mut self, entry: LogEntry) {
        if self.entries.len() == MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
    }
}

impl AuditGuard {
    /// Sets the profile, which may be known only later.
    pub fn set_profile(&mut self, profile: &ProfileName) {
        self.entry.profile = Some(profile.clone());
    }

    /// Sets the outcome.
    pub fn set_outcome(&mut self, outcome: Outcome) {
        self.entry.outcome = outcome;
    }

    /// Reads the caller's name now. For a caller that waits and may be gone at the end.
    pub fn resolve_caller(&mut self) {
        if let Some(caller) = self.caller.take() {
            self.entry.caller = Some(self.audit.callers.resolve(caller));
        }
    }

    /// Sets the outcome and writes the entry.
    pub fn finish(mut self, outcome: Outcome) {
        self.set_outcome(outcome);
    }

    /// The entry as it will be once the operation is done; it has no number yet.
    pub fn completed_entry(&self) -> LogEntry {
        LogEntry { outcome: Outcome::Done, ..self.entry.clone() }
    }
}

impl Drop for AuditGuard {
    fn drop(&mut self) {
        self.resolve_caller();
        self.audit.write(self.entry.clone());
    }
}

#[cfg(test)]
mod tests;
