//! Owns the file rules on Unix: a path is checked by `trust`, and a new file is complete on disk before it gets the name.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use cp_token_protocol::trust::{self, Distrust, Flaw, Purpose};
use rustix::fs::{AtFlags, FileType, Mode, RenameFlags};
use rustix::io::Errno;

use super::{FileError, run, show};

/// Opens a plain file that is ours or root's and writable by nobody else. Our links to it are followed.
pub(super) fn open_trusted(path: &Path) -> Result<File, FileError> {
    trust::open(path, Purpose::Decision).map_err(|error| of_file(error, path))
}

/// Checks that [`super::replace`] is possible: the file is ours and writable, or there is none.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    let target = match writable(path) {
        // The directories are created when it is written.
        Err(FileError::Absent) => return Ok(()),
        target => target?,
    };
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    let folder = target.parent().unwrap_or(Path::new("/"));
    rustix::fs::accessat(rustix::fs::CWD, folder, access, AtFlags::EACCESS)
        .map_err(|error| write_error(error.into(), &target))
}

/// The file that a replacement of `path` replaces: the target of links. Missing directories are created.
pub(super) fn target(path: &Path) -> Result<PathBuf, FileError> {
    match writable(path) {
        Err(FileError::Absent) => {
            make_private_folder(path.parent().unwrap_or(Path::new("/")))?;
            writable(path)
        }
        target => target,
    }
}

fn writable(path: &Path) -> Result<PathBuf, FileError> {
    let place = trust::resolve(path, Purpose::Decision).map_err(|error| of_file(error, path))?;
    let stat = match rustix::fs::statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(place.path),
        stat => stat.map_err(io::Error::from)?,
    };
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(FileError::WrongKind("file"));
    }
    let is_ours = stat.st_uid == rustix::process::geteuid().as_raw();
    let is_read_only = !Mode::from_raw_mode(stat.st_mode).contains(Mode::WUSR);
    if !is_ours || is_read_only { Err(FileError::ReadOnly(show(&place.path))) } else { Ok(place.path) }
}

/// Exchanges two names atomically, where the file system can.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    rename_with(one, other, RenameFlags::EXCHANGE)
}

/// Renames a file unless the new name exists, where the file system can.
pub(super) fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    rename_with(from, to, RenameFlags::NOREPLACE)
}

fn rename_with(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    let renamed = rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, flags);
    renamed.map_err(|error| match error {
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

/// Makes renames in `folder` survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    sync(&File::open(folder)?)
}

/// Creates a file, and never follows or replaces one.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(libc::O_NOFOLLOW).open(path)
}

/// File systems without this call, such as CIFS and some in user space for directories, are accepted.
pub(super) fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOTSUP)) => Ok(()),
        outcome => outcome,
    }
}

/// The resource that the system lacks; none for another error.
pub(super) fn shortage(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error() {
        Some(libc::EAGAIN) => Some("the system gives this user no more threads or processes (RLIMIT_NPROC)"),
        Some(libc::EMFILE) => Some("the daemon may open no more files (RLIMIT_NOFILE)"),
        Some(libc::ENFILE) => Some("the system opens no more files for anybody"),
        Some(libc::ENOMEM) => Some(NO_MEMORY),
        Some(_) => None,
        None => (error.kind() == io::ErrorKind::OutOfMemory).then_some(NO_MEMORY),
    }
}

const NO_MEMORY: &str = "the system gives the daemon no more memory (RLIMIT_AS, RLIMIT_DATA)";

/// A directory without write access, a read-only disk, and a mounted file are read-only.
pub(super) fn write_error(error: io::Error, target: &Path) -> FileError {
    match error.raw_os_error() {
        Some(libc::EROFS | libc::EACCES | libc::EPERM | libc::EBUSY) => FileError::ReadOnly(show(target)),
        _ => FileError::Io(error),
    }
}

/// Creates `folder` and its parents for this user only; an existing one must be ours, and writable by nobody else.
pub fn make_private_folder(folder: &Path) -> Result<(), FileError> {
    let made = trust::own_folder(folder, true).map_err(|error| of_folder(error, folder));
    if let Err(FileError::Io(error)) = made { Err(write_error(error, folder)) } else { made }
}

/// Opens a plain file of ours for appending, with mode 0600; creates it if missing. A pipe in its place does not block.
pub fn open_to_append(path: &Path) -> Result<File, FileError> {
    trust::open_to_append(path).map_err(|error| of_file(error, path))
}

/// Checks that only root and this user can have put the program there.
pub fn check_program(path: &Path) -> Result<(), FileError> {
    trust::check(path, Purpose::Decision).map_err(|error| of_file(error, path))
}

/// Whether `path` is this file, and the file is a plain one.
pub fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(held), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
    held.is_file() && (held.dev(), held.ino()) == (named.dev(), named.ino())
}

/// Whether both paths lead to one file or folder, by whatever link.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let number = |path: &Path| std::fs::metadata(path).ok().map(|facts| (facts.dev(), facts.ino()));
    number(one).is_some_and(|found| number(other) == Some(found))
}

/// Checks that only root and this user can replace a parent of `folder`.
pub fn check_ancestors(folder: &Path) -> Result<(), FileError> {
    check_folder(folder.parent().unwrap_or(Path::new("/")))
}

/// Checks that only root and this user can replace this directory or what is in it. One with the sticky bit passes.
pub fn check_folder(folder: &Path) -> Result<(), FileError> {
    trust::check_folder(folder).map_err(|error| of_folder(error, folder))
}

fn of_file(error: Distrust, path: &Path) -> FileError {
    of(error, path, "file", "chmod go-w")
}

fn of_folder(error: Distrust, path: &Path) -> FileError {
    of(error, path, "folder", "chmod 700")
}

/// `kind` is what was expected, and `fix` the command that sets the right mode.
fn of(error: Distrust, path: &Path, kind: &'static str, fix: &str) -> FileError {
    FileError::Untrusted(match error {
        Distrust::Absent => return FileError::Absent,
        Distrust::WrongKind => return FileError::WrongKind(kind),
        Distrust::Io(error) if error.raw_os_error() == Some(libc::ENOTDIR) => {
            return FileError::WrongKind(kind);
        }
        Distrust::Io(error) => return FileError::Io(error),
        Distrust::Itself(Flaw::OtherOwner(user)) => format!("it belongs to user {user}"),
        Distrust::Itself(Flaw::Open(mode)) => format!("its mode {mode:04o} lets others in{}", run(fix, path)),
        Distrust::Itself(Flaw::Listed) => {
            format!("an access list (ACL) lets others change it{}", run("setfacl -b", path))
        }
        Distrust::OnTheWay(at, flaw) => of_ancestor(&at, flaw),
    })
}

fn of_ancestor(at: &Path, flaw: Flaw) -> String {
    let place = format!("{} on the way to it", show(at));
    match flaw {
        Flaw::OtherOwner(user) => format!("{place} belongs to user {user}"),
        Flaw::Open(_) => format!("others may write to {place}{}", run("chmod go-w", at)),
        Flaw::Listed => format!("an access list (ACL) lets others write to {place}{}", run("setfacl -b", at)),
    }
}
