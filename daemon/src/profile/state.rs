//! Owns the state file: dates of profiles, and the journal of keyring items that are being changed. It holds no secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cp_token_protocol::ProfileName;
use serde::{Deserialize, Serialize};

use crate::base::blocking;
use crate::base::commit_point::CommitPoint;
use crate::base::files::{self, Expected, FileError, Replacement, WriterLock};
use crate::base::mutex::lock;
use crate::profile::secret_key::SecretKey;

mod change;

use change::Change;

/// The state in memory, and the file that follows it. The changes are applied to what another daemon has written there.
pub struct StateFile {
    path: PathBuf,
    memory: Mutex<Memory>,
    /// One writer at a time, so that an older state never replaces a newer one.
    writing: tokio::sync::Mutex<()>,
    is_writing_behind: AtomicBool,
}

#[derive(Default)]
struct Memory {
    /// The file as it was read or written last, with the pending changes.
    state: StoredState,
    /// The changes since then, in order, with increasing numbers.
    pending: Vec<(u64, Change)>,
    count: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredState {
    profiles: BTreeMap<String, Dates>,
    /// The accounts of keyring items that a change was about to create or erase.
    journal: Vec<String>,
}

/// What is remembered of a profile.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// When it was created, in seconds since 1970.
    pub created: Option<u64>,
    /// When its secret last brought a token, in seconds since 1970.
    pub last_token_at: Option<u64>,
}

/// The time between two writes of dates that nobody waits for.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);
/// How often changes are applied again because another daemon wrote the file meanwhile.
const MAX_ATTEMPTS: usize = 20;
/// How long another daemon may be writing, which it does within one reading and one replacement.
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);
/// The longest wait for the file, whose disk may hang. Changes that are not written by then are written with later ones.
const SAVE_TIMEOUT: Duration = Duration::from_secs(5);

impl StateFile {
    /// The state in the file at `path`. A broken file is moved aside: nothing in it is indispensable.
    pub fn load(path: PathBuf) -> Self {
        let state = match files::read_own(&path) {
            Ok(text) => serde_json::from_str(&text).unwrap_or_else(|_| set_aside(&path)),
            Err(FileError::Absent) => StoredState::default(),
            Err(problem) => {
                tracing::warn!(file = %files::show(&path), %problem, "the state file is not used");
                StoredState::default()
            }
        };
        let memory = Mutex::new(Memory { state, ..Memory::default() });
        Self {
            path,
            memory,
            writing: tokio::sync::Mutex::default(),
            is_writing_behind: AtomicBool::default(),
        }
    }

    /// The file's path, for people.
    pub fn shown(&self) -> String {
        files::show(&self.path)
    }

    /// What is remembered of a profile.
    pub fn dates(&self, name: &ProfileName) -> Dates {
        self.memory().state.profiles.get(name.as_str()).copied().unwrap_or_default()
    }

    /// Remembers that a profile was created at `wall`, time since 1970.
    pub fn record_created(&self, name: &ProfileName, wall: Duration) {
        self.remember(Change::Created(name.to_string(), wall.as_secs()));
    }

    /// Remembers that a profile got a token at `wall`, and writes it in a task of its own: no caller waits for a disk.
    pub fn record_token(self: &Arc<Self>, name: &ProfileName, wall: Duration) {
        self.remember(Change::TokenIssued(name.to_string(), wall.as_secs()));
        self.write_behind();
    }

    /// Writes the pending changes in a task of its own, once in each interval: a write costs as much as there are profiles.
    pub fn write_behind(self: &Arc<Self>) {
        if self.is_writing_behind.swap(true, Ordering::Relaxed) {
            return;
        }
        let file = Arc::clone(self);
        tokio::spawn(async move {
            while !file.memory().pending.is_empty() {
                if let Err(problem) = file.save().await {
                    tracing::warn!(file = %files::show(&file.path), %problem, "the state file was not written");
                    break;
                }
                tokio::time::sleep(WRITE_INTERVAL).await;
            }
            file.is_writing_behind.store(false, Ordering::Relaxed);
        });
    }

    /// Removes a profile's dates.
    pub fn remove(&self, name: &ProfileName) {
        self.remember(Change::Removed(name.to_string()));
    }

    /// Remembers that the keyring item of `key` may exist without a profile that uses it.
    pub fn journal_begin(&self, key: &SecretKey) {
        self.remember(Change::JournalBegun(key.account()));
    }

    /// Remembers that the keyring item of `key` is where it belongs.
    pub fn journal_end(&self, key: &SecretKey) {
        self.remember(Change::JournalEnded(key.account()));
    }

    /// Every key with an open journal entry.
    pub fn journal_keys(&self) -> Vec<SecretKey> {
        self.memory().state.journal.iter().filter_map(|key| SecretKey::from_account(key)).collect()
    }

    /// Held by a change from before its journal entry until its end: meanwhile no daemon recovers what it stores. Fails with
    /// [`FileError::Locked`] if another daemon is recovering for too long.
    pub async fn lock_for_change(&self) -> Result<WriterLock, FileError> {
        self.lock_journal(|path| files::share_lock(path, LOCK_TIMEOUT)).await
    }

    /// Held during a recovery. Fails with [`FileError::Locked`] if any daemon is making a change.
    pub async fn lock_for_recovery(&self) -> Result<WriterLock, FileError> {
        self.lock_journal(|path| files::lock_writers(path, Duration::ZERO)).await
    }

    async fn lock_journal(
        &self,
        lock: fn(&Path) -> Result<WriterLock, FileError>,
    ) -> Result<WriterLock, FileError> {
        let path = self.path.with_file_name("journal.lock");
        let locked = blocking::on_within(&self.shown(), SAVE_TIMEOUT, move |_| lock(&path)).await?;
        locked.ok_or(FileError::Hangs)?
    }

    /// Applies the pending changes to the file, completely or not at all.
    pub async fn save(&self) -> Result<(), FileError> {
        let writing = tokio::time::timeout(SAVE_TIMEOUT, self.writing.lock());
        let _writing = writing.await.map_err(|_| FileError::Hangs)?;
        let (base, pending, written) = {
            let memory = self.memory();
            (memory.state.clone(), memory.pending.clone(), memory.count)
        };
        let path = self.path.clone();
        let merged = move |point: &CommitPoint| merge(&path, &base, &pending, point);
        let state = blocking::on_within(&self.shown(), SAVE_TIMEOUT, merged).await?;
        let state = state.ok_or(FileError::Hangs)??;
        let mut memory = self.memory();
        memory.pending.retain(|(number, _)| *number > written);
        memory.state = state;
        let Memory { state, pending, .. } = &mut *memory;
        pending.iter().for_each(|(_, change)| change.apply(state));
        Ok(())
    }

    /// Waits until the file holds the state, or cannot be written.
    pub async fn flush(&self) {
        drop(self.writing.lock().await);
        let is_behind = !self.memory().pending.is_empty();
        if is_behind {
            let _ = self.save().await;
        }
    }

    fn remember(&self, change: Change) {
        let mut memory = self.memory();
        change.apply(&mut memory.state);
        // While the file cannot be written, the pending changes do not grow without bound.
        memory.pending.retain(|(_, earlier)| !change.replaces(earlier));
        memory.count += 1;
        let number = memory.count;
        memory.pending.push((number, change));
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }
}

/// Applies the changes to the file as it is now, or to `base` if there is no valid file, and returns the new state.
fn merge(
    path: &Path,
    base: &StoredState,
    changes: &[(u64, Change)],
    point: &CommitPoint,
) -> Result<StoredState, FileError> {
    let lock = files::lock_writers(&path.with_extension("lock"), LOCK_TIMEOUT)?;
    lock.remove_drafts(path);
    for _ in 0..MAX_ATTEMPTS {
        let found = files::read_own(path);
        let parsed = found.as_deref().ok().and_then(|text| serde_json::from_str::<StoredState>(text).ok());
        let mut state = parsed.unwrap_or_else(|| base.clone());
        changes.iter().for_each(|(_, change)| change.apply(&mut state));
        let expected = match &found {
            Ok(found) => Expected::Text(found),
            Err(FileError::Absent) => Expected::Nothing,
            // Nothing in an unreadable file is indispensable.
            Err(_) => Expected::Anything,
        };
        match files::replace(path, expected, &text(&state)?, point)? {
            Replacement::Done => return Ok(state),
            Replacement::DoneBut(problem) => {
                tracing::warn!(file = %files::show(path), %problem, "the state file");
                return Ok(state);
            }
            Replacement::Overtaken(_) => {}
        }
    }
    Err(FileError::Io(std::io::ErrorKind::ResourceBusy.into()))
}

fn text(state: &StoredState) -> Result<String, FileError> {
    let text = serde_json::to_string_pretty(state).unwrap_or_default();
    if text.len() as u64 > files::MAX_FILE_BYTES { Err(FileError::TooLarge) } else { Ok(text) }
}

fn set_aside(path: &Path) -> StoredState {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".broken");
    let _ = std::fs::rename(path, aside);
    tracing::warn!(file = %files::show(path), "the state file was broken and has been set aside");
    StoredState::default()
}

#[cfg(test)]
mod tests;
