//! Owns standard input without a buffer on Unix: `std`'s own would keep a copy of what passes through it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

pub(super) use super::hidden::read_hidden;

pub(super) fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Whether a person can be asked on the terminal, wherever the standard streams lead.
pub(crate) fn has_terminal() -> bool {
    File::options().read(true).write(true).open("/dev/tty").is_ok()
}
