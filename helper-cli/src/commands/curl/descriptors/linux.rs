//! Owns the steps of a path on Linux: each place is held by a descriptor that reads nothing, and known by its file system.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::FoundPath;

pub(super) type Position = OwnedFd;

/// The file system of the processes, and that of pipes.
const OF_DESCRIPTORS: [u64; 2] = [0x9fa0, 0x5049_5045];

/// Where a path begins; `None` if the working directory is closed to us, and so to curl.
pub(super) fn start(path: &Path) -> io::Result<Option<Position>> {
    match open(CWD, OsStr::new(if path.is_absolute() { "/" } else { "." })) {
        Err(Errno::ACCESS) => Ok(None),
        opened => Ok(Some(opened?)),
    }
}

/// What has that name there. The name alone is looked up: if that is too long, no file has it.
pub(super) fn find(place: &Position, name: &OsStr) -> io::Result<FoundPath> {
    let found = match open(place, name) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => return Ok(FoundPath::Nothing),
        found => found?,
    };
    if FileType::from_raw_mode(rustix::fs::fstat(&found)?.st_mode) != FileType::Symlink {
        return Ok(FoundPath::Position(found));
    }
    let to = rustix::fs::readlinkat(&found, c"", Vec::new())?;
    Ok(FoundPath::Link(PathBuf::from(std::ffi::OsString::from_vec(to.into_bytes()))))
}

/// Whether this is one, or the file system of the processes: there each name may be a link to anything, of another
/// process, and may come later, so none of it is looked at.
pub(super) fn is_descriptor(place: &Position) -> io::Result<bool> {
    let kind = u64::try_from(rustix::fs::fstatfs(place)?.f_type).ok();
    Ok(kind.is_some_and(|kind| OF_DESCRIPTORS.contains(&kind)))
}

/// As a folder first: one that is mounted at its first use is mounted then.
fn open(place: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(&place, name, flags | OFlags::DIRECTORY, Mode::empty()) {
        Err(Errno::NOTDIR) => rustix::fs::openat(&place, name, flags, Mode::empty()),
        opened => opened,
    }
}
