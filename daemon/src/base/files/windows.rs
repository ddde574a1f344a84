//! Owns the file rules on Windows: owner and access control list are checked on the open handle.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsHandle;
use std::path::{Path, PathBuf};

use cp_token_protocol::windows::security::{
    self, Access, EXCHANGING, Kind, Sid, WRITING, access_of, own_user,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_READ_ATTRIBUTES, READ_CONTROL,
};

use super::{FileError, run, show};

/// Opens a plain file of ours, writable by nobody else.
pub(super) fn open_trusted(path: &Path) -> Result<File, FileError> {
    let file = OpenOptions::new().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path);
    let file = file.map_err(classify)?;
    require_plain(&file, path)?;
    require_writable_by_us_alone(&file, path)?;
    Ok(file)
}

/// Whether both paths lead to one file or folder, by whatever spelling.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    std::fs::canonicalize(one)
        .is_ok_and(|found| std::fs::canonicalize(other).is_ok_and(|other| other == found))
}

/// Checks that [`super::replace`] is possible: the file is not marked read-only.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    match path.metadata() {
        Ok(metadata) if metadata.permissions().readonly() => Err(FileError::ReadOnly(show(path))),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Creates `folder` and its parents for this user only; an existing one must be ours, and writable by nobody else.
pub fn make_private_folder(folder: &Path) -> Result<(), FileError> {
    security::make_private_folder(folder)?;
    let opened = open_folder(folder)?;
    let metadata = opened.metadata()?;
    if !metadata.is_dir() || metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(FileError::WrongKind("folder"));
    }
    require_writable_by_us_alone(&opened, folder)
}

/// Opens a plain file of ours for appending; creates it if missing. Nobody else may write it.
pub fn open_to_append(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    // Without the right to read it, it could not be locked.
    options.append(true).read(true).create(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    let file = options.open(path).map_err(classify)?;
    require_plain(&file, path)?;
    require_writable_by_us_alone(&file, path)?;
    Ok(file)
}

/// Checks that only the system and this user can replace a parent of `folder`.
pub fn check_ancestors(folder: &Path) -> Result<(), FileError> {
    folder.canonicalize()?.ancestors().skip(1).try_for_each(check_folder)
}

/// Checks that only the system and this user can replace what is in this folder. Others may add to it.
pub fn check_folder(folder: &Path) -> Result<(), FileError> {
    let (own, access) = owner_and_access(&open_folder(folder)?)?;
    if !access.is_of(&own) {
        let user = access.owner.last_number();
        return Err(FileError::Untrusted(format!(
            "{} on the way to it belongs to user {user}",
            show(folder)
        )));
    }
    if access.lets_others(&own, EXCHANGING) { Err(shared(folder)) } else { Ok(()) }
}

/// The file that a replacement of `path` replaces. Missing folders are created.
pub(super) fn target(path: &Path) -> Result<PathBuf, FileError> {
    make_private_folder(path.parent().unwrap_or(path))?;
    check_writable(path)?;
    Ok(path.to_owned())
}

pub(super) fn write_error(error: io::Error, _: &Path) -> FileError {
    FileError::Io(error)
}

/// Not possible atomically on this system.
pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not possible atomically on this system.
pub(super) fn rename_to_free(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Creates a file, and never follows or replaces one.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

pub(super) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()
}

fn open_folder(folder: &Path) -> io::Result<File> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    OpenOptions::new().access_mode(READ_CONTROL | FILE_READ_ATTRIBUTES).custom_flags(flags).open(folder)
}

fn require_plain(file: &File, path: &Path) -> Result<(), FileError> {
    let metadata = file.metadata()?;
    let is_link = metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0;
    // A name of a device, such as `CON`, opens something that is not a file on a disk.
    if metadata.is_file() && !is_link && path.file_name().is_some() {
        Ok(())
    } else {
        Err(FileError::WrongKind("file"))
    }
}

fn require_writable_by_us_alone(object: &impl AsHandle, path: &Path) -> Result<(), FileError> {
    let (own, access) = owner_and_access(object)?;
    if !access.is_of(&own) {
        return Err(FileError::Untrusted(format!("it belongs to user {}", access.owner.last_number())));
    }
    if access.lets_others(&own, WRITING) { Err(shared(path)) } else { Ok(()) }
}

fn shared(path: &Path) -> FileError {
    FileError::Untrusted(format!("others may change {}{}", show(path), run("icacls", path)))
}

fn owner_and_access(object: &impl AsHandle) -> io::Result<(Sid, Access)> {
    Ok((own_user()?, access_of(object, Kind::File)?))
}

pub(super) fn shortage(error: &io::Error) -> Option<&'static str> {
    (error.kind() == io::ErrorKind::OutOfMemory).then_some("the system gives the daemon no more memory")
}

fn classify(error: io::Error) -> FileError {
    if error.kind() == io::ErrorKind::NotFound { FileError::Absent } else { FileError::Io(error) }
}
