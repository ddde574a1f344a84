//! Owns the system calls behind a start on Windows: private files, the lock, and the isolation of the daemon's process.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use cp_token_protocol::trust::Flaw;
use cp_token_protocol::windows::child::Start;
use cp_token_protocol::windows::security::{self, Kind, access_of, own_user};
use windows_sys::Win32::Foundation::ERROR_ACCESS_DENIED;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, READ_CONTROL,
};
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::Threading::{
    CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS,
};

pub(super) use cp_token_protocol::windows::child::SYSTEM_VARIABLES as VARIABLES;

/// Creates the directory and its missing parents, private from the start.
pub(super) fn make_private_folder(folder: &Path) -> io::Result<()> {
    security::make_private_folder(folder)
}

/// The daemon checks the directory's access.
pub(super) fn open_folder_on(_: &Path) -> Option<(PathBuf, Flaw)> {
    None
}

/// No program is checked here.
pub(super) fn flaw_of_program(_: &Path) -> Option<(PathBuf, Flaw)> {
    None
}

/// Whether we may make a folder in `path`, which is ours.
pub(super) fn may_make_in(path: &Path) -> bool {
    foreign_owner(path).is_none()
}

/// The user that `path` belongs to, if that is neither us nor the system.
pub(super) fn foreign_owner(path: &Path) -> Option<u32> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    let mut options = File::options();
    options.access_mode(READ_CONTROL | FILE_READ_ATTRIBUTES).custom_flags(flags);
    let asked = options.open(path).and_then(|opened| Ok((own_user()?, access_of(&opened, Kind::File)?)));
    match asked {
        Ok((own, access)) => (!access.is_of(&own)).then_some(access.owner.last_number()),
        Err(_) => Some(u32::MAX),
    }
}

/// Opens an ordinary file of our own, making it if it is missing; a link is not followed.
pub(super) fn open_own_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)?;
    let is_ours = access_of(&file, Kind::File)?.is_of(&own_user()?);
    if file.metadata()?.is_file() && is_ours { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// What a file has of its own, which changes with what is in it: its length, and when it was written.
pub(super) fn identity(file: &Path) -> Option<[u64; 2]> {
    use std::os::windows::fs::MetadataExt;
    let facts = file.metadata().ok()?;
    Some([facts.file_size(), facts.last_write_time()])
}

/// Never needed: a pipe cannot be removed while its daemon runs.
pub(super) fn is_locked(_: &Path) -> bool {
    false
}

pub(super) fn wait_and_lock(file: File) -> io::Result<File> {
    file.lock()?;
    Ok(file)
}

/// A monotonic clock that includes suspend.
pub(super) fn milliseconds_since_boot() -> u64 {
    // SAFETY: reads a number.
    unsafe { GetTickCount64() }
}

/// Starts the daemon, and returns its standard output. It has no console, so that neither Ctrl-C nor the console's end
/// reaches it, and it leaves our job if that is allowed, so that it outlives our caller.
pub(super) fn start(
    file: &Path,
    variables: Vec<(&'static str, OsString)>,
) -> io::Result<impl Read + Send + 'static> {
    let folder = file.parent().unwrap_or(file);
    let flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_BREAKAWAY_FROM_JOB;
    let mut start = Start { file, arguments: &["--background"], variables, folder, flags, job: None };
    let started = start.go().or_else(|error| {
        if error.raw_os_error() != Some(ERROR_ACCESS_DENIED.cast_signed()) {
            return Err(error);
        }
        start.flags &= !CREATE_BREAKAWAY_FROM_JOB;
        start.go()
    });
    Ok(started?.output)
}
