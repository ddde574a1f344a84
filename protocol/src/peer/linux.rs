//! Owns the kernel calls behind the peer check on Linux.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use rustix::fs::FileType;

use super::{Peer, PeerError, is_same_user};

/// Who is at the other end of this socket, if the process that opened it ran as our own effective user.
///
/// # Errors
/// [`PeerError::Stranger`], or [`PeerError::Unknown`] where the kernel does not say.
pub fn require_same_user(socket: impl AsFd) -> Result<Peer, PeerError> {
    let peer = peer(socket).ok_or(PeerError::Unknown)?;
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

fn peer(socket: impl AsFd) -> Option<Peer> {
    // The process number may be zero (another PID namespace), so it is read as a plain integer.
    let mut credentials = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let expected = size_of::<libc::ucred>() as libc::socklen_t;
    let mut length = expected;
    // SAFETY: `credentials` is a writable `ucred` of the length given, and the descriptor is open.
    let status = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut length,
        )
    };
    let pid = u32::try_from(credentials.pid).ok().filter(|pid| *pid > 0);
    (status == 0 && length == expected).then_some(Peer { uid: credentials.uid, pid })
}
