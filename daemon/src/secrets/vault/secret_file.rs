//! Owns the reading of a secret's file that somebody else has put there: owner, mode and every folder on the way
//! are checked, and it is read anew each time. It must not write, keep what it read, or name a path in an error.

use std::path::Path;
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::trust::Purpose;

use super::backend::SECRET_LIMIT;
use crate::base::blocking;
use crate::secrets::secret_reader::{SecretReadError, SecretReader};

#[cfg(unix)]
#[path = "secret_file/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "secret_file/windows.rs"]
mod system;

/// The longest wait for a file, which may lie on a disk that hangs.
const DEADLINE: Duration = Duration::from_secs(5);

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
    /// An access list that stands beside its mode lets others in.
    #[error("lets others in by an access list (ACL)")]
    Listed,
    /// On Windows, its list of grants lets others in.
    #[error("lets others in")]
    Shared,
    /// It is a folder, a pipe or a device, or links that lead in a circle.
    #[error("is a folder, a pipe, a device or a circle of links, and no plain file")]
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
    /// Its first line is empty, whatever comes after it.
    #[error("has an empty first line, and that line is to be the secret")]
    EmptyLine,
    /// It is longer than any secret.
    #[error("is longer than a secret can be")]
    TooLarge,
    /// The disk did not answer in time.
    #[error("could not be read in time")]
    TimedOut,
}

impl From<SecretReadError> for FileFault {
    fn from(error: SecretReadError) -> Self {
        match error {
            SecretReadError::TooMuch => Self::TooLarge,
            SecretReadError::Unreadable => Self::Unreadable,
        }
    }
}

/// The file's text as it is now, without its last line end. The purpose says whom the file must keep out.
///
/// # Errors
/// [`FileFault`]; a pipe in its place does not block.
pub(super) async fn read(path: &Path, purpose: Purpose) -> Result<Secret, FileFault> {
    let path = path.to_owned();
    let resource = path.to_string_lossy().into_owned();
    let reading = async {
        let work = move || read_now(&path, purpose);
        blocking::on(&resource, work).await.map_err(|_| FileFault::Unreadable)?
    };
    tokio::time::timeout(DEADLINE, reading).await.unwrap_or(Err(FileFault::TimedOut))
}

fn read_now(path: &Path, purpose: Purpose) -> Result<Secret, FileFault> {
    if !path.is_absolute() {
        return Err(FileFault::Relative);
    }
    let mut file = system::open(path, purpose)?;
    let mut text = SecretReader::new(SECRET_LIMIT);
    while text.read_from(&mut file)? {}
    let text = text.finish()?;
    if text.expose().is_empty() { Err(FileFault::Empty) } else { Ok(text) }
}
