//! Owns what the official CLIs have left on this machine: their profiles, and secrets in a plain file. It only reads.

mod ini;
mod keyring_file;
mod name;
mod official;

#[cfg_attr(unix, path = "import/unix.rs")]
#[cfg_attr(windows, path = "import/windows.rs")]
mod system;

use std::fs::File;
use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure, Secret, trust};

use crate::run::home;

pub(crate) use keyring_file::KeyringFile;
pub(crate) use name::assign;
pub(crate) use official::{Content, OfficialCli, OfficialProfile, PROGRAMS, profiles};

/// The largest file that is read, in bytes.
const FILE_LIMIT: usize = 1 << 20;

/// Why a file of another program is not read. It repeats nothing of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Absent,
    OtherOwner,
    Open,
    WrongKind,
    TooLarge,
    Unreadable,
}

/// The home directory, which holds the directories of the official CLIs.
pub(crate) fn home() -> Result<PathBuf, Failure> {
    home::dir().ok_or_else(|| {
        Failure::new(ErrorCode::CONFIG_BROKEN, "there is no home folder to look in").with_hint("set HOME")
    })
}

/// The bytes of a file of ours; `None` if there is none. [`ErrorCode::CONFIG_UNSAFE`] or [`ErrorCode::CONFIG_BROKEN`].
fn read(path: &Path) -> Result<Option<Secret>, Failure> {
    match system::open_own(path).and_then(read_open) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(refused(path, refusal)),
    }
}

/// The bytes of the open file, at most [`FILE_LIMIT`].
fn read_open(file: File) -> Result<Secret, Refusal> {
    let length = file.metadata().map_err(|_| Refusal::Unreadable)?.len();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > FILE_LIMIT {
        return Err(Refusal::TooLarge);
    }
    // A byte more than that shows a file that grows while it is read.
    let bytes = Secret::read_from(file, length, |_| false).map_err(|_| Refusal::Unreadable)?;
    if bytes.expose().len() > length { Err(Refusal::Unreadable) } else { Ok(bytes) }
}

fn refused(path: &Path, refusal: Refusal) -> Failure {
    let shown = path.display();
    let (code, problem, hint) = match refusal {
        Refusal::Absent => (ErrorCode::CONFIG_BROKEN, "it does not exist", String::new()),
        Refusal::OtherOwner => (
            ErrorCode::CONFIG_UNSAFE,
            "it, or a folder on the way to it, belongs to another user",
            format!("see whose they are {}", trust::how_to_look(Some(path))),
        ),
        Refusal::Open => (
            ErrorCode::CONFIG_UNSAFE,
            "others may write it, or a folder on the way to it",
            format!(
                "see which one it is {}, and keep others out of it with chmod go-w or setfacl -b",
                trust::how_to_look(Some(path))
            ),
        ),
        Refusal::WrongKind => {
            (ErrorCode::CONFIG_UNSAFE, "it is no ordinary file", "put the file itself there".to_owned())
        }
        Refusal::TooLarge => {
            (ErrorCode::CONFIG_BROKEN, "it is larger than a mebibyte", "see what it holds".to_owned())
        }
        Refusal::Unreadable => {
            (ErrorCode::CONFIG_BROKEN, "it cannot be read", "see that you may read it".to_owned())
        }
    };
    Failure::new(code, format!("{shown} is not read: {problem}")).with_hint(hint)
}

/// What is wrong with a file's content, as the person who fixes it needs it.
fn broken(path: &Path, line: Option<usize>, problem: &str) -> Failure {
    let place = line.map_or_else(String::new, |line| format!(", line {line}"));
    Failure::new(ErrorCode::CONFIG_BROKEN, format!("{}{place}: {problem}", path.display()))
        .with_hint("fix or remove it, and import again")
}
