//! Owns the steps of a path on systems other than Linux: each place is known by its name.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::FoundPath;

pub(super) type Position = PathBuf;

/// The longest name that a folder takes.
const MAX_NAME_LEN: usize = 255;

pub(super) fn start(path: &Path) -> io::Result<Option<Position>> {
    if path.is_absolute() { Ok(Some(PathBuf::from("/"))) } else { std::env::current_dir().map(Some) }
}

/// What has that name there; what is no link is taken for a directory. Fails if the whole path has become too long.
pub(super) fn find(place: &Position, name: &OsStr) -> io::Result<FoundPath> {
    if name == ".." {
        return Ok(FoundPath::Position(place.parent().unwrap_or(place).to_owned()));
    }
    let place = place.join(name);
    match rustix::fs::readlink(&place, Vec::new()) {
        Ok(to) => Ok(FoundPath::Link(PathBuf::from(std::ffi::OsString::from_vec(to.into_bytes())))),
        Err(Errno::NOENT) => Ok(FoundPath::Nothing),
        Err(Errno::NAMETOOLONG) if name.len() <= MAX_NAME_LEN => Err(Errno::NAMETOOLONG.into()),
        Err(_) => Ok(FoundPath::Position(place)),
    }
}

/// Whether this is one, or their directory. It never fails.
pub(super) fn is_descriptor(place: &Position) -> io::Result<bool> {
    let streams = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];
    Ok(place.starts_with("/dev/fd") || streams.iter().any(|stream| place == Path::new(stream)))
}
