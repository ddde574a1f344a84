//! Owns where the heads of answers go, while curl itself writes them to us.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use super::files::path;
use crate::terminal::output;

/// Where the heads of answers go that curl's `--dump-header` would have written there.
pub(super) enum HeadPlace {
    /// Among what it prints.
    StandardOutput,
    /// A file that is not open yet.
    Named(PathBuf),
    /// A file.
    Open(File),
}

impl HeadPlace {
    /// What the option's value means.
    pub(super) fn of(file: &[u8]) -> Self {
        if file == b"-" { Self::StandardOutput } else { Self::Named(path(file).to_owned()) }
    }

    /// Writes more of them. A file that cannot be written is left out, as curl would say with a warning.
    pub(super) fn put(&mut self, heads: &[u8]) {
        if let Self::Named(path) = self
            && let Ok(file) = File::create(path)
        {
            *self = Self::Open(file);
        }
        match self {
            Self::StandardOutput => drop(output::print(&[heads])),
            Self::Open(file) => drop(file.write_all(heads)),
            Self::Named(_) => {}
        }
    }
}
