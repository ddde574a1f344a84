//! Owns the peer check on Unix: whose a connection and a folder are, as the kernel says.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::FileType;

use super::{Peer, PeerError, is_same_user, kernel};

/// Who is at the other end of this socket, if the process that opened it ran as our own effective user.
///
/// # Errors
/// [`PeerError::Stranger`], or [`PeerError::Unknown`] where the kernel does not say.
pub fn require_same_user(socket: impl AsFd) -> Result<Peer, PeerError> {
    let peer = kernel::peer(socket).ok_or(PeerError::Unknown)?;
    let own = rustix::process::geteuid().as_raw();
    if is_same_user(peer.uid, own) { Ok(peer) } else { Err(PeerError::Stranger(peer.uid)) }
}

/// Passes if `folder` is a real folder, not a link, and belongs to our own effective user.
///
/// # Errors
/// [`PeerError`].
pub fn require_own_folder(folder: &Path) -> Result<(), PeerError> {
    let stat = rustix::fs::lstat(folder).map_err(|_| PeerError::NoFolder)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Err(PeerError::NotAFolder);
    }
    let own = rustix::process::geteuid().as_raw();
    if is_same_user(stat.st_uid, own) { Ok(()) } else { Err(PeerError::ForeignFolder(stat.st_uid)) }
}
