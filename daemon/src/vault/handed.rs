//! Owns the reading of a secret's file that somebody else has put there: owner, mode and every folder on the way
//! are checked, and it is read anew each time. It must not write, keep what it read, or name a path in an error.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cp_token_protocol::Secret;
use tokio::sync::Semaphore;

use super::SECRET_LIMIT;
use crate::background;
use crate::intake::{Intake, IntakeError};

#[cfg(unix)]
#[path = "handed/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "handed/windows.rs"]
mod system;

/// The longest wait for a file, which may lie on a disk that hangs.
const DEADLINE: Duration = Duration::from_secs(5);
/// How many files are read at once: a disk that hangs must not use up all places for work that blocks.
const AT_ONCE: usize = 4;

/// The most links that are followed, which is the system's own limit: some lead in a circle.
const MOST_LINKS: usize = 40;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Why a file was not taken for a secret. To be read after the name of what the file is: "the secret file …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FileFault {
    /// Its path does not begin at the root, so that it could be another file for everybody who looks.
    #[error("is not named by its whole path")]
    Relative,
    /// There is no such file.
    #[error("does not exist")]
    Absent,
    /// It belongs to this user, who is neither us nor root.
    #[error("belongs to user {0}")]
    Foreign(u32),
    /// Its mode lets others in.
    #[error("lets others in: its mode is {0:04o}")]
    Open(u32),
    /// On Windows, its list of grants lets others in.
    #[error("lets others in")]
    Shared,
    /// It is a link, a folder, a pipe or a device.
    #[error("is a link, a folder, a pipe or a device, and no plain file")]
    WrongKind,
    /// Others could put another file in its place, because of a folder or a link on the way to it.
    #[error("could be replaced by others, because a folder on the way to it is theirs or open to them")]
    Replaceable,
    /// The system does not let us read it, or there is no thread to do so.
    #[error("cannot be read")]
    Unreadable,
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It is longer than any secret.
    #[error("is longer than a secret can be")]
    TooLarge,
    /// The disk did not answer in time.
    #[error("could not be read in time")]
    TimedOut,
}

impl From<IntakeError> for FileFault {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::TooMuch => Self::TooLarge,
            IntakeError::Unreadable => Self::Unreadable,
        }
    }
}

/// The file's text as it is now, without its last line end. `forbidden` are the permission bits that it must not
/// have.
///
/// # Errors
/// [`FileFault`]; a pipe in its place does not block.
pub(super) async fn read(path: &Path, forbidden: u32) -> Result<Secret, FileFault> {
    let path = path.to_owned();
    let reading = async {
        let place = PLACES.acquire().await.map_err(|_| FileFault::Unreadable)?;
        let work = move || {
            let text = read_now(&path, forbidden);
            drop(place);
            text
        };
        background::run(work).await.map_err(|_| FileFault::Unreadable)?
    };
    tokio::time::timeout(DEADLINE, reading).await.unwrap_or(Err(FileFault::TimedOut))
}

fn read_now(path: &Path, forbidden: u32) -> Result<Secret, FileFault> {
    if !path.is_absolute() {
        return Err(FileFault::Relative);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(FileFault::WrongKind);
    };
    let mut file = system::open(&resolve(folder)?.join(name), forbidden)?;
    let mut text = Intake::new(SECRET_LIMIT);
    while text.read_from(&mut file)? {}
    let text = text.finish()?;
    if text.expose().is_empty() { Err(FileFault::Empty) } else { Ok(text) }
}

/// The folder without any link on the way, if nobody but root and us can lead the way elsewhere: no folder that it
/// passes is open, and no link is another user's.
fn resolve(folder: &Path) -> Result<PathBuf, FileFault> {
    let mut at = PathBuf::new();
    let mut ahead = steps(folder);
    let mut links = 0;
    while let Some(step) = ahead.pop() {
        let next = at.join(&step);
        if step.as_os_str() == ".." {
            at.pop();
        } else if let Some(target) = system::link(&next)? {
            links += 1;
            ahead.extend(steps(&target));
        } else {
            crate::files::check_folder(&next).map_err(|_| FileFault::Replaceable)?;
            at = next;
        }
        if links > MOST_LINKS {
            return Err(FileFault::Unreadable);
        }
    }
    Ok(at)
}

/// The path's parts, the first one last.
fn steps(path: &Path) -> Vec<PathBuf> {
    path.components().rev().map(|part| PathBuf::from(part.as_os_str())).collect()
}
