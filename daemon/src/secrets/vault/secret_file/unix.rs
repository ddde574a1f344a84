//! Owns how a secret's file is opened on Unix: by the walk of `trust`, with the rule for secrets.

use std::fs::File;
use std::io;
use std::path::Path;

use cp_token_protocol::trust::{self, Distrust, Flaw, Purpose};

use super::FileFault;

/// Opens a plain file that is ours or root's, and that lets in nobody whom the purpose keeps out.
pub(super) fn open(path: &Path, purpose: Purpose) -> Result<File, FileFault> {
    trust::open(path, purpose).map_err(|error| match error {
        Distrust::Absent => FileFault::Absent,
        Distrust::WrongKind => FileFault::WrongKind,
        Distrust::Itself(Flaw::Foreign(user)) => FileFault::Foreign(user),
        Distrust::Itself(Flaw::Open(mode)) => FileFault::Open(mode),
        Distrust::Itself(Flaw::Listed) => FileFault::Listed,
        Distrust::OnTheWay(..) => FileFault::Replaceable,
        Distrust::Io(error) if error.kind() == io::ErrorKind::NotADirectory => FileFault::Absent,
        Distrust::Io(_) => FileFault::Unreadable,
    })
}
