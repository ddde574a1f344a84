//! Owns how this program reads and writes its own small files: nobody else's, never through a link, whole or
//! not at all. It knows nothing of their content.

use std::io;
use std::path::Path;

#[cfg(unix)]
#[path = "files/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "files/windows.rs"]
mod system;

mod exchange;

pub use exchange::{Replacement, replace_known};

pub use system::{
    check_ancestors, check_folder, make_private_folder, open_private, open_to_append, read_own, replace,
};

#[cfg(unix)]
pub use system::is_at;

/// The largest file that is read, in bytes: a config with ten thousand profiles takes a few mebibytes.
pub const FILE_LIMIT: u64 = 16 << 20;

/// How far a log grows before it starts anew, in bytes.
const LOG_LIMIT: u64 = 1 << 20;

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
    #[error("its mode {0:04o} lets others in; run: chmod {1} {2}")]
    Open(u32, &'static str, String),
    /// It is a link, a pipe, a device or a folder where a file is expected.
    #[error("it is not a {0} of its own (a link, for instance)")]
    WrongKind(&'static str),
    /// A folder above it belongs to another user.
    #[error("{0} above it belongs to user {1}")]
    ForeignAncestor(String, u32),
    /// A folder above it lets others replace what is in it.
    #[error("others may write {0} above it; run: chmod go-w {0}")]
    OpenAncestor(String),
    /// On Windows, its list of grants lets others write or exchange it.
    #[error("others may change it; see who with: icacls \"{0}\"")]
    Shared(String),
    /// It is larger than [`FILE_LIMIT`].
    #[error("it is larger than {} MiB", FILE_LIMIT >> 20)]
    TooLarge,
    /// It is not UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// The system refused.
    #[error("{}", describe(.0))]
    Io(#[from] io::Error),
}

/// The system's own short word for a failure; it never repeats content.
fn describe(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number).to_string(),
        None => error.kind().to_string(),
    }
}

/// The path for a message, without control characters.
pub fn show(path: &Path) -> String {
    crate::clean::clean(path.to_string_lossy().as_ref(), 300)
}
