//! Owns the file of used one-time codes: until when the last step of each account is taken, and by whom. Daemons that
//! share a home share it. It holds no code.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::blocking;
use crate::base::commit_point::CommitPoint;
use crate::base::files::{self, Expected, FileError, Replacement};
use crate::profile::account::AccountKey;
use crate::token_request::totp::steps::Use;

/// How long one use may take to be written down, whatever the disk and other daemons do.
pub const CLAIM_LIMIT: Duration = Duration::from_secs(20);
/// How long another daemon may hold the lock, which it does for one reading and one writing.
const LOCK_LIMIT: Duration = Duration::from_secs(10);
/// Where a file system has no locks: longer than others take from reading the file to writing it.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How long the end of a step is remembered when it is over, for clocks that are set back a little.
const REMEMBERED: Duration = Duration::from_secs(60);
/// The last second of the year 9999, since 1970: no step ends later.
const LATEST: u64 = 253_402_300_799;
/// A day in seconds: no step is longer.
const LONGEST: u64 = 24 * 60 * 60;
/// What the system says where a file system has no locks.
#[cfg(unix)]
const NO_LOCKS: i32 = libc::ENOLCK;
#[cfg(windows)]
const NO_LOCKS: i32 = 1;

/// A use of a code that is about to be.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose code it is.
    pub account: AccountKey,
    /// Time since 1970.
    pub now: Duration,
    /// The use.
    pub new: Use,
    /// The use that does not stand in the way: an earlier claim of the same request, or one whose code is known.
    pub known: Option<u64>,
}

/// Why a use was not written down. The code is then not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} {fault}")]
pub struct ClaimError {
    /// The file, for people.
    pub file: String,
    /// What is the matter with it.
    pub fault: ClaimFault,
}

/// What is the matter with a file of used codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    /// Another process has held the lock for too long.
    #[error("stays locked by another process")]
    Locked,
    /// The disk does not answer.
    #[error("was not written within 20 seconds")]
    Slow,
    /// What is there was not written by this program.
    #[error("holds something else than used codes")]
    Broken,
    /// It cannot be read or written, in the words of [`FileError`].
    #[error("cannot be used: {0}")]
    File(String),
}

/// Remembers, beyond a daemon's life and for every daemon of this user, which steps of one-time codes are taken.
pub trait CodeLog: Send + Sync {
    /// Takes a step, durably; nothing where it is taken now. Else the use that stands in the way.
    ///
    /// # Errors
    /// [`ClaimError`]; the step may be taken all the same.
    fn claim(
        &self,
        claim: Claim,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Use>, ClaimError>> + Send + '_>>;
}

/// The file.
pub struct CodeFile {
    path: PathBuf,
    /// One claim of this process at a time; one that hangs keeps no other thread.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    accounts: BTreeMap<String, RecordedUse>,
}

/// A [`Use`] as the file has it: seconds since 1970, and seconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedUse {
    ends: u64,
    period: u64,
    mark: u64,
}

impl Record {
    /// Whether this program may have written it.
    fn is_ours(&self) -> bool {
        self.accounts.values().all(|taken| taken.ends <= LATEST && taken.period <= LONGEST)
    }
}

impl CodeFile {
    /// The file at `path`, and its lock beside it.
    pub fn new(path: PathBuf) -> Self {
        Self { path, turn: Arc::default() }
    }

    async fn claim_in_turn(&self, claim: Claim) -> Result<Option<Use>, ClaimFault> {
        let (turn, path) = (Arc::clone(&self.turn), self.path.clone());
        let resource = files::show(&path);
        let work = async {
            let turn = turn.lock_owned().await;
            let claim = move || {
                let _turn = turn;
                claim_at(&path, &claim)
            };
            blocking::on(&resource, claim).await.map_err(|error| failed(error.into()))?
        };
        tokio::time::timeout(CLAIM_LIMIT, work).await.unwrap_or(Err(ClaimFault::Slow))
    }
}

impl CodeLog for CodeFile {
    fn claim(
        &self,
        claim: Claim,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Use>, ClaimError>> + Send + '_>> {
        Box::pin(async move {
            let claimed = self.claim_in_turn(claim).await;
            claimed.map_err(|fault| ClaimError { file: files::show(&self.path), fault })
        })
    }
}

fn claim_at(path: &Path, claim: &Claim) -> Result<Option<Use>, ClaimFault> {
    files::make_private_folder(path.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
    let file = files::open_to_append(&path.with_extension("lock")).map_err(failed)?;
    let is_locked = lock(&file, LOCK_LIMIT)?;
    let mut record = read(path)?;
    if let Some(other) = in_the_way(&record, claim) {
        return Ok(Some(other));
    }
    record.accounts.retain(|_, taken| Duration::from_secs(taken.ends).saturating_add(REMEMBERED) > claim.now);
    record.accounts.insert(claim.account.as_str().to_owned(), RecordedUse::from(claim.new));
    write(path, &record)?;
    if is_locked {
        return Ok(None);
    }
    std::thread::sleep(LOOK_AGAIN);
    Ok(in_the_way(&read(path)?, &Claim { known: Some(claim.new.mark), ..claim.clone() }))
}

fn in_the_way(record: &Record, claim: &Claim) -> Option<Use> {
    let taken = Use::from(*record.accounts.get(claim.account.as_str())?);
    let is_known = claim.known == Some(taken.mark);
    (!is_known && taken.until(claim.now, claim.new.period).is_some()).then_some(taken)
}

/// Waits for the lock, which goes with the file. False where the file system has none.
fn lock(file: &File, patience: Duration) -> Result<bool, ClaimFault> {
    match files::lock_within(file, patience, || true) {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Err(ClaimFault::Locked),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(false),
        Err(TryLockError::Error(error)) => Err(failed(error.into())),
    }
}

fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS)
}

fn read(path: &Path) -> Result<Record, ClaimFault> {
    match files::read_own(path) {
        Ok(text) => serde_json::from_str(&text).ok().filter(Record::is_ours).ok_or(ClaimFault::Broken),
        Err(FileError::Absent) => Ok(Record::default()),
        Err(error) => Err(failed(error)),
    }
}

/// What is written and not sent costs nothing but a step, so nobody cancels it.
fn write(path: &Path, record: &Record) -> Result<(), ClaimFault> {
    let text = serde_json::to_string_pretty(record).unwrap_or_default();
    match files::replace(path, Expected::Anything, &text, &CommitPoint::default()).map_err(failed)? {
        Replacement::DoneBut(warning) => Err(ClaimFault::File(warning)),
        Replacement::Done | Replacement::Overtaken(_) => Ok(()),
    }
}

fn failed(error: FileError) -> ClaimFault {
    ClaimFault::File(error.to_string())
}

impl From<RecordedUse> for Use {
    fn from(RecordedUse { ends, period, mark }: RecordedUse) -> Self {
        Self { ends: Duration::from_secs(ends), period: Duration::from_secs(period), mark }
    }
}

impl From<Use> for RecordedUse {
    fn from(Use { ends, period, mark }: Use) -> Self {
        Self { ends: ends.as_secs(), period: period.as_secs(), mark }
    }
}

#[cfg(test)]
mod tests;
