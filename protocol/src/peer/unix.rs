//! Owns the peer check on Unix: who owns a connection and a folder, as the kernel says.

use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use super::{Peer, PeerError, is_same_user, kernel};
use crate::trust::{self, Distrust, Flaw, OVERFLOW_USER, Purpose};

/// The peer of this socket, if its process runs as our own effective user.
pub fn require_same_user(socket: impl AsFd) -> Result<Peer, PeerError> {
    let peer = kernel::peer(socket).ok_or(PeerError::Unknown)?;
    let own = rustix::process::geteuid().as_raw();
    if is_same_user(peer.uid, own) { Ok(peer) } else { Err(PeerError::Stranger(peer.uid)) }
}

/// Passes if `folder` belongs to our own effective user. A link to a folder, or a folder in a namespace that does not
/// map the user, is checked by the rule in `trust`.
pub fn require_own_folder(folder: &Path) -> Result<(), PeerError> {
    let stat = rustix::fs::lstat(folder).map_err(|_| PeerError::NoFolder)?;
    let own = rustix::process::geteuid().as_raw();
    let is_plain = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    if !is_plain || own == OVERFLOW_USER {
        return own_by_the_rule(folder);
    }
    if is_same_user(stat.st_uid, own) { Ok(()) } else { Err(PeerError::FolderOfOther(stat.st_uid)) }
}

#[cold]
fn own_by_the_rule(folder: &Path) -> Result<(), PeerError> {
    trust::own_folder(folder, false).map_err(|error| match error {
        Distrust::Absent => PeerError::NoFolder,
        Distrust::Itself(Flaw::OtherOwner(user)) | Distrust::OnTheWay(_, Flaw::OtherOwner(user)) => {
            PeerError::FolderOfOther(user)
        }
        Distrust::Itself(_) | Distrust::OnTheWay(..) => PeerError::OpenFolder,
        Distrust::WrongKind | Distrust::Io(_) => PeerError::NotAFolder,
    })
}

/// The socket that the daemon of `folder` has named in its lock file. A daemon that runs no more has named it, too.
pub fn named_socket(folder: &Path) -> Option<PathBuf> {
    const NAME_LIMIT: u64 = 255;
    let mut name = Vec::new();
    let file = trust::open(&folder.join("daemon.lock"), Purpose::Decision).ok()?;
    file.take(NAME_LIMIT).read_to_end(&mut name).ok()?;
    let is_name = !name.is_empty() && !name.iter().any(|byte| [b'/', 0].contains(byte));
    is_name.then(|| folder.join(OsStr::from_bytes(&name)))
}
