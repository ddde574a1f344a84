//! Owns the look-up of the user's own temporary folder on macOS, which the system makes for that user alone.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The folder, such as `/var/folders/…/T/`; none where the system has none for us.
pub(super) fn runtime_folder() -> Option<PathBuf> {
    let mut name = vec![0_u8; 1024];
    // SAFETY: `name` is writable for the length given.
    let length =
        unsafe { libc::confstr(libc::_CS_DARWIN_USER_TEMP_DIR, name.as_mut_ptr().cast(), name.len()) };
    // The length counts the closing zero; a longer name was cut.
    if !(2..=name.len()).contains(&length) {
        return None;
    }
    name.truncate(length - 1);
    Some(PathBuf::from(OsString::from_vec(name)))
}
