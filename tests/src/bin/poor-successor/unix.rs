//! Owns the channel that the broken successor is given by number.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::FromRawFd;

/// The last descriptor of `--take-over=SOCKET,LOCK,CHANNEL`.
pub(crate) fn channel(word: &str) -> Option<File> {
    let number = word.strip_prefix("--take-over=")?.rsplit(',').next()?.parse().ok()?;
    // SAFETY: the program that has started us says that this descriptor is ours, and it is taken once.
    Some(unsafe { File::from_raw_fd(number) })
}
