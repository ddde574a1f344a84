//! Owns the file rules on Windows: owner and grants are checked on the open handle, links are not followed, and a
//! replacement is complete on disk before it takes the name.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
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

use super::{FileError, show};

/// Opens a plain file of ours, writable by nobody else.
pub(super) fn open_trusted(path: &Path) -> Result<File, FileError> {
    let file = OpenOptions::new().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path);
    let file = file.map_err(classify)?;
    require_plain(&file, path)?;
    require_writable_by_us_alone(&file, path)?;
    Ok(file)
}

/// Passes if [`super::replace`] would not be refused, as far as that can be seen: a file may be marked as one to be read alone.
///
/// # Errors
/// [`FileError`].
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    match path.metadata() {
        Ok(facts) if facts.permissions().readonly() => Err(FileError::ReadOnly(show(path))),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Makes `folder`, with its parents, for this user alone; one that exists must be ours already, and no other user may
/// write there.
///
/// # Errors
/// [`FileError`].
pub fn make_private_folder(folder: &Path) -> Result<(), FileError> {
    security::make_private_folder(folder)?;
    let opened = open_folder(folder)?;
    let facts = opened.metadata()?;
    if !facts.is_dir() || facts.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(FileError::WrongKind("folder"));
    }
    require_writable_by_us_alone(&opened, folder)
}

/// Opens a plain file of ours for appending, made where there is none; nobody else may write it.
///
/// # Errors
/// [`FileError`].
pub fn open_to_append(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    // Without the right to read it, it could not be locked.
    options.append(true).read(true).create(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    let file = options.open(path).map_err(classify)?;
    require_plain(&file, path)?;
    require_writable_by_us_alone(&file, path)?;
    Ok(file)
}

/// Passes if nobody but the system and us can put another folder in the place of one above `folder`.
///
/// # Errors
/// As [`check_folder`].
pub fn check_ancestors(folder: &Path) -> Result<(), FileError> {
    folder.canonicalize()?.ancestors().skip(1).try_for_each(check_folder)
}

/// Passes if nobody but the system and us can replace what is in this folder. That others may add to it, as everybody
/// may at the root of a drive, takes nothing away.
///
/// # Errors
/// [`FileError`] naming the folder.
pub fn check_folder(folder: &Path) -> Result<(), FileError> {
    let (own, access) = asked(&open_folder(folder)?)?;
    if !access.is_of(&own) {
        return Err(FileError::ForeignAncestor(show(folder), access.owner.last_number()));
    }
    if access.lets_others(&own, EXCHANGING) { Err(FileError::Shared(folder.to_owned())) } else { Ok(()) }
}

/// Where a replacement of `path` goes. Its folders are made where they are missing.
pub(super) fn target(path: &Path) -> Result<PathBuf, FileError> {
    make_private_folder(path.parent().unwrap_or(path))?;
    check_writable(path)?;
    Ok(path.to_owned())
}

/// What it means that a replacement failed.
pub(super) fn not_written(error: io::Error, _: &Path) -> FileError {
    FileError::Io(error)
}

/// Exchanges two names in one step, which this system cannot.
pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Renames a file unless the new name is taken, which this system cannot in one step.
pub(super) fn rename_to_free(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What was renamed survives a power cut without it.
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a file that was not there, never follows or replaces one, and leaves none that is not whole.
pub(super) fn write_draft(draft: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(draft)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    drop(file);
    if written.is_err() {
        let _ = std::fs::remove_file(draft);
    }
    written
}

fn open_folder(folder: &Path) -> io::Result<File> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    OpenOptions::new().access_mode(READ_CONTROL | FILE_READ_ATTRIBUTES).custom_flags(flags).open(folder)
}

fn require_plain(file: &File, path: &Path) -> Result<(), FileError> {
    let facts = file.metadata()?;
    let is_link = facts.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0;
    // A name of a device, such as `CON`, opens something that is no file on any disk.
    if facts.is_file() && !is_link && path.file_name().is_some() {
        Ok(())
    } else {
        Err(FileError::WrongKind("file"))
    }
}

fn require_writable_by_us_alone(object: &impl AsHandle, path: &Path) -> Result<(), FileError> {
    let (own, access) = asked(object)?;
    if !access.is_of(&own) {
        return Err(FileError::Foreign(access.owner.last_number()));
    }
    if access.lets_others(&own, WRITING) { Err(FileError::Shared(path.to_owned())) } else { Ok(()) }
}

fn asked(object: &impl AsHandle) -> io::Result<(Sid, Access)> {
    Ok((own_user()?, access_of(object, Kind::File)?))
}

/// What the system is short of where it refuses so; nothing where it refuses for another reason.
pub(super) fn shortage(error: &io::Error) -> Option<&'static str> {
    (error.kind() == io::ErrorKind::OutOfMemory).then_some("the system gives the daemon no more memory")
}

fn classify(error: io::Error) -> FileError {
    if error.kind() == io::ErrorKind::NotFound { FileError::Absent } else { FileError::Io(error) }
}
