//! Owns the reading of other programs' files on Windows: owner, kind and grants are checked on the open handle, and no
//! link is followed. It knows nothing of their content.

use std::fs::File;
use std::io::{self, Read};
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use cp_token_protocol::Secret;
use cp_token_protocol::windows::security::{Kind, WRITING, access_of, own_user};
use windows_sys::Win32::Storage::FileSystem::{FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_OPEN_REPARSE_POINT};

use super::Refusal;

/// The bytes of an ordinary file of ours, at most `limit` of them.
pub(super) fn read_own(path: &Path, limit: usize) -> Result<Secret, Refusal> {
    let opened = File::options().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path);
    let file = opened.map_err(|error| classify(&error))?;
    let facts = file.metadata().map_err(|_| Refusal::Unreadable)?;
    if !facts.is_file() || facts.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(Refusal::WrongKind);
    }
    check(&file)?;
    let expected = usize::try_from(facts.len()).unwrap_or(usize::MAX);
    if expected > limit {
        return Err(Refusal::TooLarge);
    }
    // One byte more than there should be shows a file that grows while it is read.
    let mut room = Secret::zeroed(expected + 1);
    let length = fill(file, room.bytes_mut()).map_err(|_| Refusal::Unreadable)?;
    if length > expected { Err(Refusal::Unreadable) } else { Ok(Secret::copy_of(&room.expose()[..length])) }
}

fn check(file: &File) -> Result<(), Refusal> {
    let asked = own_user().and_then(|own| Ok((own, access_of(file, Kind::File)?)));
    let (own, access) = asked.map_err(|_| Refusal::Unreadable)?;
    if !access.is_of(&own) {
        return Err(Refusal::Foreign);
    }
    if access.lets_others(&own, WRITING) { Err(Refusal::Open) } else { Ok(()) }
}

fn fill(mut file: File, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match file.read(&mut room[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn classify(error: &io::Error) -> Refusal {
    // A folder on the way that is a file means the same: there is nothing.
    let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    if absent.contains(&error.kind()) { Refusal::Absent } else { Refusal::Unreadable }
}
