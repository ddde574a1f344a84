//! Owns that there are no POSIX access lists elsewhere: those of macOS are of another kind, and are not looked at.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::Stat;

use super::Granted;
use crate::trust::Viewer;

/// What the list of the open file grants.
pub(in crate::trust) fn of_file(_: &OwnedFd, _: &Stat, _: &Viewer) -> Granted {
    Granted::NO_LIST
}

/// The same of what lies at a path without links.
pub(in crate::trust) fn of_path(_: &Path, _: &Stat, _: &Viewer) -> Granted {
    Granted::NO_LIST
}
