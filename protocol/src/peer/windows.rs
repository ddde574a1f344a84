//! Owns the peer check on Windows, by security identifier. A user's number is the last one of the identifier there.

use std::fs::OpenOptions;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsHandle;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, READ_CONTROL,
};

use super::{Peer, PeerError};
use crate::windows::security::{Kind, access_of, client_of, client_process, own_user};

/// Who is at the client's end of this pipe, if the process that opened it ran as our own user.
pub fn require_same_user(pipe: impl AsHandle) -> Result<Peer, PeerError> {
    let (own, peer) =
        own_user().and_then(|own| Ok((own, client_of(&pipe)?))).map_err(|_| PeerError::Unknown)?;
    if own == peer {
        Ok(Peer { uid: peer.last_number(), pid: client_process(pipe).ok() })
    } else {
        Err(PeerError::Stranger(peer.last_number()))
    }
}

/// Passes if this pipe, which we have opened as a client, was made by our own user: its owner cannot be forged, while
/// the number of the process behind it says nothing.
pub fn require_own_pipe(pipe: impl AsHandle) -> Result<(), PeerError> {
    let (own, access) =
        own_user().and_then(|own| Ok((own, access_of(pipe, Kind::Pipe)?))).map_err(|_| PeerError::Unknown)?;
    if own == access.owner { Ok(()) } else { Err(PeerError::Stranger(access.owner.last_number())) }
}

/// Passes if `folder` is a real folder, not a link, and belongs to our own user. What an elevated program of the user
/// makes belongs to the administrators, which is as good.
pub fn require_own_folder(folder: &Path) -> Result<(), PeerError> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    // Reading what it is, and whose; 0x80 is FILE_READ_ATTRIBUTES.
    let opened = OpenOptions::new().access_mode(READ_CONTROL | 0x80).custom_flags(flags).open(folder);
    let opened = opened.map_err(|_| PeerError::NoFolder)?;
    let facts = opened.metadata().map_err(|_| PeerError::Unknown)?;
    if !facts.is_dir() || facts.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(PeerError::NotAFolder);
    }
    let (own, access) = own_user()
        .and_then(|own| Ok((own, access_of(&opened, Kind::File)?)))
        .map_err(|_| PeerError::Unknown)?;
    if access.owner == own || access.owner.is_the_system() {
        Ok(())
    } else {
        Err(PeerError::ForeignFolder(access.owner.last_number()))
    }
}
