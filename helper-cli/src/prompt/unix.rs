//! Owns standard input without a buffer on Unix: `std`'s own would keep a copy of what passes through it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Standard input, byte for byte.
pub(super) fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}
