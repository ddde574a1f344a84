//! Owns the state file: when profiles were created and last redeemed, and which secrets are between two
//! places. It holds no secret and no token.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::ProfileName;
use serde::{Deserialize, Serialize};

use crate::base::blocking;
use crate::base::commit_point::CommitPoint;
use crate::base::files::{self, Expected, FileError, Replacement};
use crate::profile::secret_key::SecretKey;

mod change;
mod journal_lock;
mod keys;

use change::Change;

/// The state in memory, and the file that follows it. Another daemon may write the file, too: what this one remembers is
/// put on top of what is there.
pub struct StateFile {
    path: PathBuf,
    memory: Mutex<Memory>,
    /// One writer at a time, so that an older state never replaces a newer one.
    writing: tokio::sync::Mutex<()>,
    /// Somebody will write what is remembered.
    is_awaited: AtomicBool,
}

#[derive(Default)]
struct Memory {
    /// The file as it was read or written last, with all that was remembered since.
    state: StoredState,
    /// What was remembered since, in order, with numbers that grow.
    pending: Vec<(u64, Change)>,
    /// How much was ever remembered.
    count: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredState {
    #[serde(default)]
    profiles: BTreeMap<String, Dates>,
    /// Keyring items that a change was about to make or remove.
    #[serde(default)]
    journal: Vec<JournalKey>,
}

/// What is remembered of a profile.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// When it was created, in seconds since 1970.
    #[serde(default)]
    pub created: Option<u64>,
    /// When its secret was last traded for a token, in seconds since 1970.
    #[serde(default)]
    pub last_redeemed: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct JournalKey {
    profile: String,
    #[serde(flatten)]
    identity: NamedIdentity,
    url: String,
}

/// An [`Identity`] as the file names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NamedIdentity {
    ClientId(String),
    Username(String),
    BasicUsername(String),
}

/// Between two writes of dates that nobody waits for.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);
/// How often what is remembered is put on top of what another daemon has written meanwhile.
const MAX_ATTEMPTS: usize = 20;
/// How long another daemon may be writing, which it does within one reading and one replacement.
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);
/// The longest wait for the file, which may lie on a disk that hangs: what has not been written by then is written at
/// another time, with all that is remembered then.
const SAVE_TIMEOUT: Duration = Duration::from_secs(5);

impl StateFile {
    /// The state in the file at `path`. A file that cannot be used is set aside: it holds nothing that the
    /// program cannot live without.
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
        Self { path, memory, writing: tokio::sync::Mutex::default(), is_awaited: AtomicBool::new(false) }
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

    /// Remembers that a profile's secret was traded for a token at `wall`, and writes it down in a task of
    /// its own: no caller waits for a disk.
    pub fn record_token(self: &Arc<Self>, name: &ProfileName, wall: Duration) {
        self.remember(Change::TokenIssued(name.to_string(), wall.as_secs()));
        self.write_behind();
    }

    /// Writes what is remembered in a task of its own: at once, and then not again for a while, however many dates come.
    /// The file holds those of all profiles, so a write for each would cost as much as there are profiles.
    pub fn write_behind(self: &Arc<Self>) {
        if self.is_awaited.swap(true, Ordering::Relaxed) {
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
            file.is_awaited.store(false, Ordering::Relaxed);
        });
    }

    /// Forgets a profile's dates.
    pub fn remove(&self, name: &ProfileName) {
        self.remember(Change::Removed(name.to_string()));
    }

    /// Remembers that the keyring item of `key` may exist without a profile that uses it.
    pub fn journal_begin(&self, key: &SecretKey) {
        self.remember(Change::JournalBegun(key.into()));
    }

    /// The keyring item of `key` is where it belongs.
    pub fn journal_commit(&self, key: &SecretKey) {
        self.remember(Change::JournalCommitted(key.into()));
    }

    /// Every key that a change left behind.
    pub fn journal_keys(&self) -> Vec<SecretKey> {
        self.memory().state.journal.iter().filter_map(JournalKey::key).collect()
    }

    /// Writes what was remembered to disk, on top of what is there; whole or not at all.
    ///
    /// # Errors
    /// [`FileError`]; the file is then as it was.
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

    /// Waits until the file is as the state is, or cannot be.
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
        // Where the file cannot be written, what is remembered does not grow with time.
        memory.pending.retain(|(_, earlier)| !change.replaces(earlier));
        memory.count += 1;
        let number = memory.count;
        memory.pending.push((number, change));
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the changes to the file as it is at the moment of writing, and gives what it says then. Where there is no file,
/// or none that can be used, they are made to `base`.
fn merge(
    path: &Path,
    base: &StoredState,
    changes: &[(u64, Change)],
    point: &CommitPoint,
) -> Result<StoredState, FileError> {
    let lock = files::lock_writers(&path.with_extension("lock"), LOCK_TIMEOUT)?;
    files::remove_drafts(path, &lock);
    for _ in 0..MAX_ATTEMPTS {
        let found = files::read_own(path);
        let parsed = found.as_deref().ok().and_then(|text| serde_json::from_str::<StoredState>(text).ok());
        let mut state = parsed.unwrap_or_else(|| base.clone());
        changes.iter().for_each(|(_, change)| change.apply(&mut state));
        match write(path, &found, &state, point)? {
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

/// Puts the state in the place of what was found, and of nothing else.
fn write(
    path: &Path,
    found: &Result<String, FileError>,
    state: &StoredState,
    point: &CommitPoint,
) -> Result<Replacement, FileError> {
    let text = serde_json::to_string_pretty(state).unwrap_or_default();
    if text.len() as u64 > files::FILE_LIMIT {
        return Err(FileError::TooLarge);
    }
    let expected = match found {
        Ok(found) => Expected::Text(found),
        Err(FileError::Absent) => Expected::Nothing,
        // What cannot be read holds nothing that the program cannot live without.
        Err(_) => Expected::Anything,
    };
    files::replace(path, expected, &text, point)
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
