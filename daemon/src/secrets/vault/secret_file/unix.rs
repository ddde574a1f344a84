//! Owns how a secret's file is opened on Unix: with the checks of `trust`, by the rule for secrets.

use std::fs::File;
use std::io;
use std::path::Path;

use cp_token_protocol::trust::{self, Distrust, Flaw, Purpose};

use super::FileFault;

/// Opens a regular file that is owned by us or root, and to which the purpose lets nobody else.
pub(super) fn open(path: &Path, purpose: Purpose) -> Result<File, FileFault> {
    trust::open(path, purpose).map_err(|error| match error {
        Distrust::Absent => FileFault::Absent,
        Distrust::WrongKind => FileFault::WrongKind,
        Distrust::Itself(Flaw::Foreign(user)) => FileFault::OtherOwner(user),
        Distrust::Itself(Flaw::Open(mode)) => FileFault::Mode(mode),
        Distrust::Itself(Flaw::Listed) => FileFault::Acl,
        Distrust::OnTheWay(..) => FileFault::Replaceable,
        Distrust::Io(error) if error.kind() == io::ErrorKind::NotADirectory => FileFault::Absent,
        Distrust::Io(_) => FileFault::Unreadable,
    })
}
