//! Owns the hidden prompt on Windows, and standard input without a buffer: `std`'s own would keep a copy of what passes through it.

use std::fs::File;
use std::io;
use std::os::windows::io::AsHandle;

use cp_token_protocol::Secret;
use zeroize::Zeroizing;

pub(super) fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// What is typed at the console behind `prompt`, without its end.
pub(super) fn read_hidden(prompt: &str, _: usize) -> io::Result<Secret> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).map(|text| Secret::copy_of(text.as_bytes()))
}
