//! Owns the opening of other programs' files on Windows: owner, kind and access are checked on the handle; no link is followed.

use std::fs::File;
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use cp_token_protocol::windows::security::{Kind, WRITING, access_of, own_user};
use windows_sys::Win32::Storage::FileSystem::{FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_OPEN_REPARSE_POINT};

use super::Refusal;

/// Opens an ordinary file of ours.
pub(super) fn open_own(path: &Path) -> Result<File, Refusal> {
    let opened = File::options().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path);
    let file = opened.map_err(|error| classify(&error))?;
    let facts = file.metadata().map_err(|_| Refusal::Unreadable)?;
    if !facts.is_file() || facts.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(Refusal::WrongKind);
    }
    check(&file).map(|()| file)
}

fn check(file: &File) -> Result<(), Refusal> {
    let asked = own_user().and_then(|own| Ok((own, access_of(file, Kind::File)?)));
    let (own, access) = asked.map_err(|_| Refusal::Unreadable)?;
    if !access.is_of(&own) {
        return Err(Refusal::OtherOwner);
    }
    if access.lets_others(&own, WRITING) { Err(Refusal::Open) } else { Ok(()) }
}

fn classify(error: &io::Error) -> Refusal {
    // A folder on the way that is a file means the same: there is nothing.
    let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    if absent.contains(&error.kind()) { Refusal::Absent } else { Refusal::Unreadable }
}
