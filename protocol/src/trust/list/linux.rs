//! Owns how the kernel is asked for a file's access list. It judges nothing.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::Stat;
use rustix::io::Errno;

use super::{Granted, granted};
use crate::trust::Viewer;

const NAME: &str = "system.posix_acl_access";
/// Where there is a list, these bits of the mode are its mask: nobody who is named in it has more than they say.
const GROUP: u32 = 0o070;
const GROUP_WRITES: u32 = 0o020;
/// Room for a hundred names: more of them than anybody can be meant by.
const ROOM: usize = 1024;

/// What the list of the open file grants.
pub(in crate::trust) fn of_file(file: &OwnedFd, stat: &Stat, viewer: &Viewer) -> Granted {
    ask_unless_masked(stat.st_mode & GROUP, viewer, |room| rustix::fs::fgetxattr(file, NAME, room))
}

/// The same of a folder or a program, where nothing but writing matters: it lies at a path without links, all of whose
/// folders have been judged. The path may be longer than the system takes, and is not asked where the mode is enough.
pub(in crate::trust) fn of_path(path: &Path, stat: &Stat, viewer: &Viewer) -> Granted {
    ask_unless_masked(stat.st_mode & GROUP_WRITES, viewer, |room| rustix::fs::lgetxattr(path, NAME, room))
}

fn ask_unless_masked(
    mask: u32,
    viewer: &Viewer,
    ask: impl Fn(&mut [u8]) -> rustix::io::Result<usize>,
) -> Granted {
    if mask == 0 {
        return Granted::NO_LIST;
    }
    let mut room = [0; ROOM];
    match ask(&mut room) {
        Ok(length) => granted(room.get(..length).unwrap_or_default(), viewer),
        Err(Errno::NODATA | Errno::NOTSUP) => Granted::NO_LIST,
        Err(_) => Granted::UNKNOWN,
    }
}
