//! Owns how a secret's file is opened on Unix: what it is, whose it is and whom it lets in is asked of the open
//! descriptor, so that nothing can be exchanged between the question and the reading.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::FileFault;

/// Opens a plain file that is ours or root's and has none of the `forbidden` permission bits.
pub(super) fn open(path: &Path, forbidden: u32) -> Result<File, FileFault> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(blame)?;
    let facts = file.metadata().map_err(blame)?;
    if !facts.is_file() {
        return Err(FileFault::WrongKind);
    }
    check_owner(&facts)?;
    match facts.mode() & 0o7777 {
        mode if mode & forbidden != 0 => Err(FileFault::Open(mode)),
        _ => Ok(file),
    }
}

/// Where the link leads; none where it is no link. One of another user could lead elsewhere the next moment.
pub(super) fn link(path: &Path) -> Result<Option<PathBuf>, FileFault> {
    let facts = std::fs::symlink_metadata(path).map_err(blame)?;
    if !facts.is_symlink() {
        return Ok(None);
    }
    check_owner(&facts).map_err(|_| FileFault::Replaceable)?;
    std::fs::read_link(path).map(Some).map_err(blame)
}

fn check_owner(facts: &Metadata) -> Result<(), FileFault> {
    let is_trusted = facts.uid() == 0 || facts.uid() == rustix::process::geteuid().as_raw();
    if is_trusted { Ok(()) } else { Err(FileFault::Foreign(facts.uid())) }
}

fn blame(error: io::Error) -> FileFault {
    match error.raw_os_error() {
        Some(libc::ENOENT) => FileFault::Absent,
        Some(libc::ELOOP | libc::ENXIO) => FileFault::WrongKind,
        _ => FileFault::Unreadable,
    }
}
