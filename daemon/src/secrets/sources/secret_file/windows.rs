//! Owns how a secret file is opened on Windows: kind, owner and access are read from the open handle.

use std::fs::{File, OpenOptions};
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use cp_token_protocol::trust::Purpose;
use cp_token_protocol::windows::security::{Kind, READING, WRITING, access_of, own_user};
use windows_sys::Win32::Storage::FileSystem::{FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_OPEN_REPARSE_POINT};

use super::FileFault;

/// Opens a regular file that nobody else may read or write, in folders that only this user and the system can replace.
pub(super) fn open(path: &Path, _: Purpose) -> Result<File, FileFault> {
    let (Some(folder), Some(_)) = (path.parent(), path.file_name()) else {
        return Err(FileFault::WrongKind);
    };
    for step in folder.ancestors().collect::<Vec<_>>().into_iter().rev() {
        refuse_link(step)?;
        crate::base::files::check_folder(step).map_err(|_| FileFault::Replaceable)?;
    }
    let file = OpenOptions::new().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path);
    let file = file?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(FileFault::WrongKind);
    }
    let access = own_user().and_then(|own| Ok((own, access_of(&file, Kind::File)?)));
    let (own, access) = access.map_err(|_| FileFault::Unreadable)?;
    if !access.is_of(&own) {
        return Err(FileFault::OtherOwner(access.owner.last_number()));
    }
    if access.lets_others(&own, READING | WRITING) { Err(FileFault::Shared) } else { Ok(file) }
}

/// No link on the path is followed: it may lead to another machine.
fn refuse_link(path: &Path) -> Result<(), FileFault> {
    // A drive's root has no metadata.
    if path.parent().is_none() {
        return Ok(());
    }
    let metadata = std::fs::symlink_metadata(path)?;
    let is_link = metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0;
    if is_link { Err(FileFault::Replaceable) } else { Ok(()) }
}
