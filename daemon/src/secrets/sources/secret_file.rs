//! Owns the reading of a secret file, each time again, after a check of everything on its path. No error names a path.

use std::io;
use std::path::Path;
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::trust::{Distrust, Flaw, Purpose};

use super::backend::RECORD_LIMIT;
use crate::base::blocking;
use crate::secrets::secret_reader::SecretReader;

#[cfg(windows)]
mod windows;

#[cfg(unix)]
use cp_token_protocol::trust::open;
#[cfg(windows)]
use windows::open;

/// The timeout of reading a file, whose disk may hang.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a file was rejected. The text follows the file's role: "the secret file …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum FileFault {
    /// The path is relative, so it would depend on the current directory.
    #[error("is not named by its whole path")]
    Relative,
    #[error("does not exist")]
    Absent,
    /// The owner is this user, neither we nor root.
    #[error("belongs to user {0}")]
    OtherOwner(u32),
    #[error("lets others in: its mode is {0:04o}")]
    Mode(u32),
    #[error("lets others in by an access list (ACL)")]
    Acl,
    /// On Windows, the access control list lets others in.
    #[error("lets others in")]
    Shared,
    #[error("is a folder, a pipe, a device or a circle of links, and no plain file")]
    WrongKind,
    #[error("could be replaced by others, because a folder on the way to it is theirs or open to them")]
    Replaceable,
    /// The system does not let us read the file, or has no thread for that.
    #[error("cannot be read")]
    Unreadable,
    #[error("is empty")]
    Empty,
    #[error("has an empty first line, and that line is to be the secret")]
    EmptyLine,
    /// The file is longer than [`RECORD_LIMIT`].
    #[error("is longer than a secret can be")]
    TooLarge,
    /// Reading timed out.
    #[error("could not be read in time")]
    TimedOut,
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        if kind == io::ErrorKind::FileTooLarge {
            Self::TooLarge
        } else if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            Self::Absent
        } else {
            Self::Unreadable
        }
    }
}

impl From<Distrust> for FileFault {
    fn from(error: Distrust) -> Self {
        match error {
            Distrust::Absent => Self::Absent,
            Distrust::WrongKind => Self::WrongKind,
            Distrust::Itself(Flaw::OtherOwner(user)) => Self::OtherOwner(user),
            Distrust::Itself(Flaw::Open(mode)) => Self::Mode(mode),
            Distrust::Itself(Flaw::Listed) => Self::Acl,
            Distrust::OnTheWay(..) => Self::Replaceable,
            Distrust::Io(error) => error.into(),
        }
    }
}

/// The text of the file, without its last line end. The purpose says who must not have access. A pipe does not block.
pub(super) async fn read(path: &Path, purpose: Purpose) -> Result<Secret, FileFault> {
    let path = path.to_owned();
    let resource = path.to_string_lossy().into_owned();
    let reading = async {
        let work = move || read_now(&path, purpose);
        blocking::on(&resource, work).await.map_err(|_| FileFault::Unreadable)?
    };
    tokio::time::timeout(READ_TIMEOUT, reading).await.unwrap_or(Err(FileFault::TimedOut))
}

fn read_now(path: &Path, purpose: Purpose) -> Result<Secret, FileFault> {
    if !path.is_absolute() {
        return Err(FileFault::Relative);
    }
    let mut file = open(path, purpose)?;
    let mut text = SecretReader::new(RECORD_LIMIT);
    while text.read_from(&mut file)? {}
    let text = text.finish()?;
    if text.expose().is_empty() { Err(FileFault::Empty) } else { Ok(text) }
}
