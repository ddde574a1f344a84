//! Owns the peer check on Windows, by security identifier. The number of a user is the last number of the identifier.

use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsHandle;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, READ_CONTROL,
};

use super::{Peer, PeerError};
use crate::windows::security::{Kind, access_of, client_of, client_process, own_user};

impl From<io::Error> for PeerError {
    fn from(_: io::Error) -> Self {
        Self::Unknown
    }
}

/// The client of this pipe, if its process runs as our own user.
pub fn require_same_user(pipe: impl AsHandle) -> Result<Peer, PeerError> {
    let (own, peer) = (own_user()?, client_of(&pipe)?);
    let (uid, pid) = (peer.last_number(), client_process(pipe).ok());
    if own == peer { Ok(Peer { uid, pid }) } else { Err(PeerError::Stranger(uid)) }
}

/// Passes if our own user created this pipe, which we have opened as a client. The pipe's owner cannot be forged, while
/// the number of its process proves nothing.
pub fn require_own_pipe(pipe: impl AsHandle) -> Result<(), PeerError> {
    let (own, owner) = (own_user()?, access_of(pipe, Kind::Pipe)?.owner);
    if own == owner { Ok(()) } else { Err(PeerError::Stranger(owner.last_number())) }
}

/// Passes if `folder` is a folder, not a link, and belongs to our own user, or to the administrators, who own what an
/// elevated program of the user creates.
pub fn require_own_folder(folder: &Path) -> Result<(), PeerError> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    // To read its kind and owner; 0x80 is FILE_READ_ATTRIBUTES.
    let opened = OpenOptions::new().access_mode(READ_CONTROL | 0x80).custom_flags(flags).open(folder);
    let opened = opened.map_err(|_| PeerError::NoFolder)?;
    let facts = opened.metadata()?;
    if !facts.is_dir() || facts.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(PeerError::NotAFolder);
    }
    let access = access_of(&opened, Kind::File)?;
    if access.is_of(&own_user()?) {
        Ok(())
    } else {
        Err(PeerError::FolderOfOther(access.owner.last_number()))
    }
}
