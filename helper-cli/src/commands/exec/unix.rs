//! Owns the system calls behind a token's file on Unix: private from the first instant, in memory, locked.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use cp_token_protocol::is_same_user;
use rustix::fs::{OFlags, statfs};

#[cfg(target_os = "linux")]
pub(super) fn is_in_memory(folder: &Path) -> bool {
    /// The magic numbers of tmpfs and ramfs.
    const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
    statfs(folder).is_ok_and(|facts| u64::try_from(facts.f_type).is_ok_and(|kind| IN_MEMORY.contains(&kind)))
}

/// macOS has kinds of file systems by name; its tmpfs is there only if somebody has mounted one.
#[cfg(target_os = "macos")]
pub(super) fn is_in_memory(folder: &Path) -> bool {
    let letter = |letter: &i8| letter.cast_unsigned();
    statfs(folder).is_ok_and(|facts| facts.f_fstypename.iter().map(letter).take(6).eq(*b"tmpfs\0"))
}

pub(super) fn make_private_folder(folder: &Path) -> io::Result<()> {
    match create_private_folder(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder for us alone, which must not be there. A umask may have taken away what we need ourselves.
pub(super) fn create_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)?;
    restore_access(folder)
}

/// Gives us what a umask has taken away of a folder of our own. Those above it are ours alone.
pub(super) fn restore_access(folder: &Path) -> io::Result<()> {
    let facts = folder.symlink_metadata()?;
    let is_ours = is_same_user(facts.uid(), rustix::process::geteuid().as_raw());
    match facts.is_dir() && is_ours {
        true if facts.mode() & 0o777 == 0o700 => Ok(()),
        true => std::fs::set_permissions(folder, Permissions::from_mode(0o700)),
        false => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Makes a file for us alone, which must not be there, whatever the umask.
pub(super) fn create_private_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let file = File::options().write(true).create_new(true).mode(0o600).custom_flags(flags).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

pub(super) fn is_still_there(open: &File, path: &Path) -> bool {
    let named = path.symlink_metadata();
    open.metadata()
        .is_ok_and(|open| named.is_ok_and(|named| (open.dev(), open.ino()) == (named.dev(), named.ino())))
}
