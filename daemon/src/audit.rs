//! Owns the log of who asked for what, when, and what came of it: the last thousand entries, in memory, and the way of
//! each to the file that a person may have asked for. It decides nothing, and has no room for a secret, a token or a
//! word of a server.

pub mod callers;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{LogEntry, LogRequest, Operation, Outcome};

use crate::audit::callers::{CallerInfo, CallerSnapshot, Callers};
use crate::base::clock::Clock;

mod file;
mod line;

use file::FileCopy;

/// How many entries are kept; the oldest makes room for the newest.
pub const ENTRIES: usize = 1000;
/// How many are handed on at once.
const PART: u32 = 100;
/// How many are given at once, so that they fit a frame whatever they say.
const AT_ONCE: u32 = 256;

/// The log.
pub struct Audit {
    clock: Arc<dyn Clock>,
    callers: Callers,
    ring: Mutex<Ring>,
}

struct Ring {
    entries: VecDeque<AuditRecord>,
    /// How many there ever were.
    count: u64,
    /// Where they are written as well.
    copy: Option<FileCopy>,
}

struct AuditRecord {
    at: u64,
    profile: Option<ProfileName>,
    deed: Operation,
    outcome: Outcome,
    caller: Option<CallerInfo>,
}

/// An entry of which it is not known yet what comes of it. It is written when that is known, at the latest when
/// nobody waits for it any more.
pub struct AuditGuard {
    audit: Arc<Audit>,
    entry: AuditRecord,
    /// Who asked, while nobody has read its name.
    capture_caller: Option<CallerSnapshot>,
}

impl Audit {
    /// An empty log.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let ring = Ring { entries: VecDeque::with_capacity(ENTRIES), count: 0, copy: None };
        Arc::new(Self { clock, callers: Callers::default(), ring: Mutex::new(ring) })
    }

    /// A caller asks for something. Its name is read when the entry is written, or with [`AuditGuard::seen`].
    pub fn asked(self: &Arc<Self>, deed: Operation, caller: CallerSnapshot) -> AuditGuard {
        self.pending(deed, Some(self.capture_caller(caller)))
    }

    /// The caller, seen as far as only it can tell while it is there.
    pub fn capture_caller(&self, caller: CallerSnapshot) -> CallerSnapshot {
        self.callers.capture_caller(caller, self.clock.now().boot)
    }

    /// The daemon does something that no one caller does.
    pub fn begun(self: &Arc<Self>, deed: Operation, profile: &ProfileName) -> AuditGuard {
        self.pending(deed, None).about(Some(profile))
    }

    /// The part of the log that is asked for, oldest entry first.
    pub fn page(&self, request: LogRequest) -> Vec<LogEntry> {
        let ring = self.ring();
        let first = ring.count - ring.entries.len() as u64 + 1;
        let end = request.before.unwrap_or(u64::MAX).clamp(first, ring.count + 1);
        let start = end.saturating_sub(request.most.min(AT_ONCE).into()).max(first);
        let numbered = (first..).zip(&ring.entries);
        let wanted =
            numbered.skip_while(|(number, _)| *number < start).take_while(|(number, _)| *number < end);
        wanted.map(|(number, entry)| entry.told(number)).collect()
    }

    /// Every entry from now on goes into this file as well, or into none.
    pub fn copy_to(&self, path: Option<&Path>) {
        let mut ring = self.ring();
        if ring.copy.as_ref().map(FileCopy::path) == path {
            return;
        }
        ring.copy = path.and_then(|path| {
            let started = FileCopy::start(path.to_owned());
            started.inspect_err(|error| tracing::warn!(%error, "the audit file is not written")).ok()
        });
    }

    /// The file, and what is wrong with it.
    pub fn copy(&self) -> Option<(PathBuf, Option<String>)> {
        self.ring().copy.as_ref().map(|copy| (copy.path().to_owned(), copy.problem()))
    }

    /// Waits until every entry so far is in the file.
    pub async fn copied(&self) {
        let copied = self.ring().copy.as_ref().map(FileCopy::flush);
        if let Some(copied) = copied {
            let _ = copied.await;
        }
    }

    /// The whole log, in parts that can be told at once; the newest last.
    pub fn export_state(&self) -> Vec<Vec<LogEntry>> {
        let mut parts = Vec::new();
        let mut before = None;
        loop {
            let part = self.page(LogRequest { most: PART, before });
            let Some(first) = part.first() else { break };
            before = Some(first.number);
            parts.push(part);
        }
        parts.reverse();
        parts
    }

    /// Takes over a part of a log; entries that are written later count on from it.
    pub fn import_state(&self, part: Vec<LogEntry>) {
        let mut ring = self.ring();
        for told in part {
            // Numbers are without a gap: what is missing between two parts cannot be counted.
            ring.count = told.number.saturating_sub(1);
            ring.push(AuditRecord::from(told));
        }
    }

    /// Writes what came of something that another daemon was asked for.
    pub fn add(&self, told: Vec<LogEntry>) {
        told.into_iter().for_each(|told| self.write(AuditRecord::from(told)));
    }

    fn pending(self: &Arc<Self>, deed: Operation, capture_caller: Option<CallerSnapshot>) -> AuditGuard {
        let at = self.clock.now().wall.as_secs();
        let entry = AuditRecord { at, profile: None, deed, outcome: Outcome::Left, caller: None };
        AuditGuard { audit: Arc::clone(self), entry, capture_caller }
    }

    /// The one place where an entry is written.
    fn write(&self, entry: AuditRecord) {
        let mut ring = self.ring();
        if let Some(copy) = &ring.copy {
            copy.write(entry.told(ring.count + 1));
        }
        ring.push(entry);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, entry: AuditRecord) {
        if self.entries.len() == ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
    }
}

impl AuditGuard {
    /// The same about this profile.
    #[must_use]
    pub fn about(mut self, profile: Option<&ProfileName>) -> Self {
        self.entry.profile = profile.cloned();
        self
    }

    /// The same, whose caller's name is read now. For one who waits a while, and may leave before the end.
    #[must_use]
    pub fn seen(mut self) -> Self {
        self.look();
        self
    }

    /// The same, of which that has come.
    #[must_use]
    pub fn with(mut self, outcome: Outcome) -> Self {
        self.entry.outcome = outcome;
        self
    }

    /// That came of it.
    pub fn close(self, outcome: Outcome) {
        drop(self.with(outcome));
    }

    /// Its entry, as if it were done; it has no number yet.
    pub fn told_as_done(&self) -> LogEntry {
        LogEntry { outcome: Outcome::Done, ..self.entry.told(0) }
    }

    fn look(&mut self) {
        if let Some(capture_caller) = self.capture_caller.take() {
            self.entry.caller = Some(self.audit.callers.known(capture_caller));
        }
    }
}

impl Drop for AuditGuard {
    fn drop(&mut self) {
        self.look();
        let AuditRecord { at, deed, outcome, caller, .. } = self.entry;
        self.audit.write(AuditRecord { at, profile: self.entry.profile.take(), deed, outcome, caller });
    }
}

impl AuditRecord {
    fn told(&self, number: u64) -> LogEntry {
        LogEntry {
            number,
            at: self.at,
            profile: self.profile.clone(),
            deed: self.deed,
            outcome: self.outcome,
            caller: self.caller.map(Into::into),
        }
    }
}

impl From<LogEntry> for AuditRecord {
    fn from(told: LogEntry) -> Self {
        let LogEntry { at, profile, deed, outcome, caller, .. } = told;
        Self { at, profile, deed, outcome, caller: caller.map(Into::into) }
    }
}

#[cfg(test)]
mod tests;
