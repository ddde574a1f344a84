//! Owns the file of used one-time codes: the end of the last used time step of each account, and the use. Daemons with
//! the same home directory share it. It holds no code.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::handover::CodeUse;
use serde::{Deserialize, Serialize};

use crate::base::blocking;
use crate::base::commit_point::CommitPoint;
use crate::base::files::{self, Expected, FileError, Replacement};
use crate::profile::account::AccountKey;
use crate::token_request::totp::steps::blocked_until;

/// The timeout of recording one use.
pub const CLAIM_TIMEOUT: Duration = Duration::from_secs(20);
/// The timeout of the lock, which other daemons hold for one read and one write.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// On a file system without locks: longer than others take from reading the file to writing it.
const RECHECK_DELAY: Duration = Duration::from_millis(100);
/// How long a step is kept after its end, for clocks that are set back a little.
const RETENTION: Duration = Duration::from_secs(60);
/// The latest end of a step, since 1970: the last second of the year 9999.
const MAX_END: u64 = 253_402_300_799;
/// The longest step in seconds: a day.
const MAX_PERIOD: u64 = 24 * 60 * 60;
/// The error of a file system without locks.
#[cfg(unix)]
const NO_LOCKS: i32 = libc::ENOLCK;
#[cfg(windows)]
const NO_LOCKS: i32 = 1;

/// A use of a code that is about to be recorded.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The account of the code.
    pub account: AccountKey,
    /// Time since 1970.
    pub now: Duration,
    /// The use.
    pub new: CodeUse,
    /// The use that is no conflict: an earlier claim of the same request, or one whose code is known.
    pub known: Option<u64>,
}

/// Why a use was not recorded. The code is then not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} {fault}")]
pub struct ClaimError {
    /// The file, as shown to people.
    pub file: String,
    /// What is wrong with it.
    pub fault: ClaimFault,
}

/// What is wrong with a file of used codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    /// Another process held the lock for too long.
    #[error("stays locked by another process")]
    Locked,
    /// Writing timed out.
    #[error("was not written within 20 seconds")]
    Slow,
    /// This program did not write the file.
    #[error("holds something else than used codes")]
    Broken,
    /// It cannot be read or written, in the words of [`FileError`].
    #[error("cannot be used: {0}")]
    File(String),
}

/// Records the used time steps of one-time codes, for all daemons of this user, across restarts.
pub trait CodeLog: Send + Sync {
    /// Records the use, durably. Returns the conflicting use if there is one; then nothing is recorded.
    ///
    /// # Errors
    /// [`ClaimError`]; the use may be recorded all the same.
    fn claim(
        &self,
        claim: Claim,
    ) -> Pin<Box<dyn Future<Output = Result<Option<CodeUse>, ClaimError>> + Send + '_>>;
}

/// The file.
pub struct CodeFile {
    path: PathBuf,
    /// Allows one claim of this process at a time, so that a hanging one blocks only one thread.
    claim_mutex: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRecord {
    accounts: BTreeMap<String, RecordedUse>,
}

/// A [`CodeUse`] as the file has it: seconds since 1970, and seconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedUse {
    ends: u64,
    period: u64,
    mark: u64,
}

impl CodeRecord {
    /// Whether this program can have written it.
    fn is_ours(&self) -> bool {
        self.accounts.values().all(|taken| taken.ends <= MAX_END && taken.period <= MAX_PERIOD)
    }
}

impl CodeFile {
    /// The file at `path`, and its lock beside it.
    pub fn new(path: PathBuf) -> Self {
        Self { path, claim_mutex: Arc::default() }
    }

    async fn claim_exclusively(&self, claim: Claim) -> Result<Option<CodeUse>, ClaimFault> {
        let (claim_mutex, path) = (Arc::clone(&self.claim_mutex), self.path.clone());
        let resource = files::show(&path);
        let work = async {
            let guard = claim_mutex.lock_owned().await;
            let claim = move || {
                let _guard = guard;
                claim_at(&path, &claim)
            };
            blocking::on(&resource, claim).await.map_err(|error| failed(error.into()))?
        };
        tokio::time::timeout(CLAIM_TIMEOUT, work).await.unwrap_or(Err(ClaimFault::Slow))
    }
}

impl CodeLog for CodeFile {
    fn claim(
        &self,
        claim: Claim,
    ) -> Pin<Box<dyn Future<Output = Result<Option<CodeUse>, ClaimError>> + Send + '_>> {
        Box::pin(async move {
            let claimed = self.claim_exclusively(claim).await;
            claimed.map_err(|fault| ClaimError { file: files::show(&self.path), fault })
        })
    }
}

fn claim_at(path: &Path, claim: &Claim) -> Result<Option<CodeUse>, ClaimFault> {
    files::make_private_folder(path.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
    let file = files::open_to_append(&path.with_extension("lock")).map_err(failed)?;
    let is_locked = lock(&file, LOCK_TIMEOUT)?;
    let mut record = read(path)?;
    if let Some(other) = conflict(&record, claim) {
        return Ok(Some(other));
    }
    record.accounts.retain(|_, taken| Duration::from_secs(taken.ends).saturating_add(RETENTION) > claim.now);
    record.accounts.insert(claim.account.as_str().to_owned(), RecordedUse::from(claim.new));
    write(path, &record)?;
    if is_locked {
        return Ok(None);
    }
    std::thread::sleep(RECHECK_DELAY);
    Ok(conflict(&read(path)?, &Claim { known: Some(claim.new.mark), ..claim.clone() }))
}

fn conflict(record: &CodeRecord, claim: &Claim) -> Option<CodeUse> {
    let taken = CodeUse::from(*record.accounts.get(claim.account.as_str())?);
    let is_known = claim.known == Some(taken.mark);
    (!is_known && blocked_until(taken, claim.now, claim.new.period).is_some()).then_some(taken)
}

/// Waits for the lock, which is released when the file is closed. False if the file system has no locks.
fn lock(file: &File, timeout: Duration) -> Result<bool, ClaimFault> {
    match files::lock_within(file, timeout) {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Err(ClaimFault::Locked),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(false),
        Err(TryLockError::Error(error)) => Err(failed(error.into())),
    }
}

fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS)
}

fn read(path: &Path) -> Result<CodeRecord, ClaimFault> {
    match files::read_own(path) {
        Ok(text) => serde_json::from_str(&text).ok().filter(CodeRecord::is_ours).ok_or(ClaimFault::Broken),
        Err(FileError::Absent) => Ok(CodeRecord::default()),
        Err(error) => Err(failed(error)),
    }
}

/// Never cancelled: a use that is recorded and not sent costs only a time step.
fn write(path: &Path, record: &CodeRecord) -> Result<(), ClaimFault> {
    let text = serde_json::to_string_pretty(record).unwrap_or_default();
    match files::replace(path, Expected::Anything, &text, &CommitPoint::default()).map_err(failed)? {
        Replacement::DoneBut(warning) => Err(ClaimFault::File(warning)),
        Replacement::Done | Replacement::Overtaken(_) => Ok(()),
    }
}

fn failed(error: FileError) -> ClaimFault {
    ClaimFault::File(error.to_string())
}

impl From<RecordedUse> for CodeUse {
    fn from(RecordedUse { ends, period, mark }: RecordedUse) -> Self {
        Self { ends: Duration::from_secs(ends), period: Duration::from_secs(period), mark }
    }
}

impl From<CodeUse> for RecordedUse {
    fn from(CodeUse { ends, period, mark }: CodeUse) -> Self {
        Self { ends: ends.as_secs(), period: period.as_secs(), mark }
    }
}

#[cfg(test)]
mod tests;
