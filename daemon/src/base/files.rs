//! Owns how this program reads and writes its own small files: only files that no other user can change, and whole.

use std::io;
use std::path::Path;

#[cfg(unix)]
#[path = "files/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "files/windows.rs"]
mod system;

mod exchange;
mod growing;
#[cfg(target_os = "linux")]
mod linux;
mod reading;
mod writers;

pub use exchange::{Expected, Replacement, replace};
pub use growing::{append, older};
pub use reading::{has_writer, read_own, read_trusted, read_unless};
pub use writers::{WriterLock, lock_within, lock_writers, share_lock};

pub use system::{
    check_ancestors, check_folder, check_writable, is_same_file, make_private_folder, open_to_append,
};

#[cfg(unix)]
pub use system::{check_program, is_at};

/// The largest file that is read: a config with ten thousand profiles takes a few MiB.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// Why a file of ours was not used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum FileError {
    #[error("it does not exist")]
    Absent,
    /// Others could have written or created it: in which way, and the command that fixes that.
    #[error("{0}")]
    Untrusted(String),
    /// It is a pipe, a device, a directory where a file is expected, or a link where none is followed.
    #[error("it is not a plain {0}")]
    WrongKind(&'static str),
    /// It is larger than [`MAX_FILE_BYTES`].
    #[error("it is larger than {} MiB", MAX_FILE_BYTES >> 20)]
    TooLarge,
    #[error("it is not UTF-8 text")]
    NotText,
    /// It cannot be written: it is root's, or its mode or its disk is read-only.
    #[error("{0} cannot be written")]
    ReadOnly(String),
    #[error("another process is at work on it for too long")]
    Locked,
    #[error("its disk does not answer")]
    Hangs,
    /// The system refused the operation.
    #[error("{}", describe(.0))]
    Io(#[from] io::Error),
}

impl FileError {
    /// Whether the cause is a shortage of resources, not the file.
    pub fn is_shortage(&self) -> bool {
        matches!(self, Self::Io(error) if is_shortage(error))
    }
}

/// Whether the system lacks a resource.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    system::shortage(error).is_some()
}

/// The system's message for an error, or the resource that it lacks; never any content.
pub(crate) fn describe(error: &io::Error) -> String {
    if let Some(shortage) = system::shortage(error) {
        return shortage.to_owned();
    }
    if error.kind() == io::ErrorKind::FileTooLarge {
        return "it would be larger than the daemon's limit on files (`ulimit -f`, RLIMIT_FSIZE)".to_owned();
    }
    if error.kind() == io::ErrorKind::IsADirectory {
        return "it is a folder, not a file".to_owned();
    }
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number).to_string(),
        None => error.kind().to_string(),
    }
}

/// Whether both paths lead to one file, by whatever spelling or link; it need not exist.
pub fn is_one_file(one: &Path, other: &Path) -> bool {
    let are_beside = || one.parent().zip(other.parent()).is_some_and(|(a, b)| is_same_file(a, b));
    is_same_file(one, other) || (one.file_name() == other.file_name() && are_beside())
}

/// The path for a message: unprintable characters are replaced, and a long path is cut.
pub fn show(path: &Path) -> String {
    crate::base::sanitize::clean(path.to_string_lossy().as_ref(), 300)
}

/// The path for a program that reads JSON: only what is not UTF-8 is replaced.
pub fn exact(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A command on that path, to be pasted into a shell; none if the path cannot be quoted safely.
pub fn command(before: &str, path: &Path) -> Option<String> {
    cp_token_protocol::shell_path(path).map(|path| format!("{before} {path}"))
}

/// The same as the end of a message.
pub fn run(before: &str, path: &Path) -> String {
    command(before, path).map_or_else(String::new, |command| format!("; run: {command}"))
}
