//! Owns the file rules on Unix: owner and mode are checked on the open descriptor, links are not followed,
//! and a replacement is complete on disk before it takes the name.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::RenameFlags;
use rustix::io::Errno;

use super::{FILE_LIMIT, FileError, LOG_LIMIT, show};

/// The text of a file that is ours: a plain file, owned by us, writable by nobody else.
///
/// # Errors
/// [`FileError`]; a pipe in its place does not block.
pub fn read_own(path: &Path) -> Result<String, FileError> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(classify)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(FileError::WrongKind("file"));
    }
    check_owner(&facts)?;
    if facts.mode() & 0o022 != 0 {
        return Err(FileError::Open(facts.mode() & 0o7777, "600", show(path)));
    }
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(FileError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| FileError::NotText)
}

/// Puts `content` under the name `path`, 0600: readers see the old file or the new one, whatever happens.
///
/// # Errors
/// [`FileError`]; then the old file is as it was.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut draft_name = path.file_name().unwrap_or_default().to_owned();
    draft_name.push(".new");
    let draft = folder.join(draft_name);
    let written = write_draft(&draft, content).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    written?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Makes `folder`, with its parents, for this user alone; one that exists must be ours and private already.
///
/// # Errors
/// [`FileError`], with the command that mends the mode.
pub fn make_private_folder(folder: &Path) -> Result<(), FileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).or_else(|error| {
        // A link or file in its place is told apart below.
        if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
    })?;
    let facts = std::fs::symlink_metadata(folder)?;
    if !facts.is_dir() {
        return Err(FileError::WrongKind("folder"));
    }
    check_owner(&facts)?;
    match facts.mode() & 0o7777 {
        mode if mode & 0o077 != 0 => Err(FileError::Open(mode, "700", show(folder))),
        _ => Ok(()),
    }
}

/// Opens a file of ours for appending, 0600, made where there is none; one that has grown past [`LOG_LIMIT`] starts anew.
///
/// # Errors
/// [`FileError`].
pub fn open_private(path: &Path) -> Result<File, FileError> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)
        .map_err(classify)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(FileError::WrongKind("file"));
    }
    check_owner(&facts)?;
    if facts.len() > LOG_LIMIT {
        file.set_len(0)?;
    }
    Ok(file)
}

/// Opens a plain file of ours for appending, 0600, made where there is none; nobody else may write it.
///
/// # Errors
/// [`FileError`]; a pipe in its place does not block.
pub fn open_to_append(path: &Path) -> Result<File, FileError> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).mode(0o600).custom_flags(flags).open(path);
    let file = file.map_err(classify)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(FileError::WrongKind("file"));
    }
    check_owner(&facts)?;
    match facts.mode() & 0o7777 {
        mode if mode & 0o022 != 0 => Err(FileError::Open(mode, "600", show(path))),
        _ => Ok(file),
    }
}

/// Exchanges two names in one step. Not every system and file system can.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    rename_with(one, other, RenameFlags::EXCHANGE)
}

/// Renames a file unless the new name is taken. Not every system and file system can.
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

/// What was renamed in `folder` survives a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A draft left by a crash is replaced, never followed.
pub(super) fn write_draft(draft: &Path, content: &[u8]) -> io::Result<()> {
    match std::fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(draft)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Whether the name `path` means this very file, and the file is a plain one.
pub fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(held), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
    held.is_file() && (held.dev(), held.ino()) == (named.dev(), named.ino())
}

fn check_owner(facts: &std::fs::Metadata) -> Result<(), FileError> {
    if facts.uid() == rustix::process::geteuid().as_raw() {
        Ok(())
    } else {
        Err(FileError::Foreign(facts.uid()))
    }
}

fn classify(error: io::Error) -> FileError {
    match error.raw_os_error() {
        Some(libc::ENOENT) => FileError::Absent,
        Some(libc::ELOOP | libc::ENXIO) => FileError::WrongKind("file"),
        _ => FileError::Io(error),
    }
}

/// Passes if nobody but root and us can put another folder in the place of one above `folder`.
///
/// # Errors
/// As [`check_folder`].
pub fn check_ancestors(folder: &Path) -> Result<(), FileError> {
    folder.canonicalize()?.ancestors().skip(1).try_for_each(check_folder)
}

/// Passes if nobody but root and us can replace what is in this folder.
///
/// # Errors
/// [`FileError`] naming the folder if it is open. One with the sticky bit, such as `/tmp`, is not: there, a name
/// can be taken away by its owner alone.
pub fn check_folder(folder: &Path) -> Result<(), FileError> {
    let facts = std::fs::symlink_metadata(folder)?;
    let own = rustix::process::geteuid().as_raw();
    if facts.uid() != 0 && facts.uid() != own {
        return Err(FileError::ForeignAncestor(show(folder), facts.uid()));
    }
    let by_group = facts.mode() & 0o020 != 0 && facts.gid() != rustix::process::getegid().as_raw();
    let by_all = facts.mode() & 0o002 != 0;
    if (by_group || by_all) && facts.mode() & 0o1000 == 0 {
        return Err(FileError::OpenAncestor(show(folder)));
    }
    Ok(())
}
