//! Owns how this program reads and writes its own small files: nobody else's, by no way that others could change, whole
//! or not at all. It knows nothing of their content.

use std::io;
use std::path::{Path, PathBuf};

#[cfg(unix)]
#[path = "files/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "files/windows.rs"]
mod system;

mod drafts;
mod exchange;
mod growing;
#[cfg(target_os = "linux")]
mod linux;
mod reading;
mod writers;

pub use drafts::remove_drafts;
pub use exchange::{Expected, Replacement, replace};
pub use growing::append;
pub use reading::{has_writer, read_own, read_trusted, read_unless};
pub use writers::{WriterLock, lock_within, lock_writers, share_lock};

pub use system::{check_ancestors, check_folder, check_writable, make_private_folder, open_to_append};

#[cfg(unix)]
pub use system::{check_program, is_at};

/// The largest file that is read, in bytes: a config with ten thousand profiles takes a few mebibytes.
pub const FILE_LIMIT: u64 = 16 << 20;

/// Why a file of ours was not used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It does not exist.
    #[error("it does not exist")]
    Absent,
    /// It belongs to another user.
    #[error("it belongs to user {0}")]
    Foreign(u32),
    /// Others may write it (a file), or enter it (a folder).
    #[error("its mode {:04o} lets others in{}", .0, run(.1, .2))]
    Open(u32, &'static str, PathBuf),
    /// It is a pipe, a device, a folder where a file is expected, or a link where none is followed.
    #[error("it is not a plain {0}")]
    WrongKind(&'static str),
    /// A folder or a link on the way to it belongs to another user.
    #[error("{0} on the way to it belongs to user {1}")]
    ForeignAncestor(String, u32),
    /// A folder on the way to it lets others replace what is in it.
    #[error("others may write to {} on the way to it{}", show(.0), run("chmod go-w", .0))]
    OpenAncestor(PathBuf),
    /// An access list that stands beside its mode lets others write it.
    #[error("an access list (ACL) lets others change it{}", run("setfacl -b", .0))]
    Listed(PathBuf),
    /// An access list that stands beside the mode of a folder on the way to it lets others replace what is in it.
    #[error("an access list (ACL) lets others write to {} on the way to it{}", show(.0), run("setfacl -b", .0))]
    ListedAncestor(PathBuf),
    /// On Windows, its list of grants lets others write or exchange it.
    #[error("others may change {}{}", show(.0), run("icacls", .0))]
    Shared(PathBuf),
    /// It is larger than [`FILE_LIMIT`].
    #[error("it is larger than {} MiB", FILE_LIMIT >> 20)]
    TooLarge,
    /// It is not UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// It is there to be read: it is root's, its mode says so, or its disk.
    #[error("{0} cannot be written")]
    ReadOnly(String),
    /// It was replaced; what the disk still holds back may be lost.
    #[error("it was written, but is not yet safe from a power cut: {}", describe(.0))]
    NotDurable(io::Error),
    /// Another process keeps the lock of its writers.
    #[error("another process is at work on it for too long")]
    Locked,
    /// The disk does not answer.
    #[error("its disk does not answer")]
    Hangs,
    /// The system refused.
    #[error("{}", describe(.0))]
    Io(#[from] io::Error),
}

impl FileError {
    /// Whether it is there and others could have written it, or put it there.
    pub fn is_distrust(&self) -> bool {
        matches!(
            self,
            Self::Foreign(_)
                | Self::Open(..)
                | Self::ForeignAncestor(..)
                | Self::OpenAncestor(_)
                | Self::Listed(_)
                | Self::ListedAncestor(_)
                | Self::Shared(_)
        )
    }

    /// Whether the system is short of something, and the file is not to blame.
    pub fn is_shortage(&self) -> bool {
        matches!(self, Self::Io(error) if is_shortage(error))
    }
}

/// Whether the system refuses because it is short of something.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    system::shortage(error).is_some()
}

/// The system's own short word for a failure, or what it is short of; it never repeats content.
pub(crate) fn describe(error: &io::Error) -> String {
    if let Some(shortage) = system::shortage(error) {
        return shortage.to_owned();
    }
    if error.kind() == io::ErrorKind::FileTooLarge {
        return "it would be larger than the daemon's limit on files (`ulimit -f`, RLIMIT_FSIZE)".to_owned();
    }
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number).to_string(),
        None => error.kind().to_string(),
    }
}

/// The path for a message: what is not printable is replaced, and a long one is cut.
pub fn show(path: &Path) -> String {
    crate::base::sanitize::clean(path.to_string_lossy().as_ref(), 300)
}

/// The path for a program, which reads it in JSON or compares it: nothing is cut or replaced but what is no text.
pub fn exact(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The command on that path, to be pasted; nothing where the path could not be pasted as it is.
pub fn command(before: &str, path: &Path) -> Option<String> {
    cp_token_protocol::shell_path(path).map(|path| format!("{before} {path}"))
}

/// The same behind a clause, where it is what fixes it.
pub fn run(before: &str, path: &Path) -> String {
    command(before, path).map_or_else(String::new, |command| format!("; run: {command}"))
}
