//! Owns the address on Windows: a named pipe with the user's identifier in its name. Locks are in the state folder, one
//! folder for each pipe.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{AddressError, state_folder};
use crate::windows::security::own_user;

/// What every pipe of this machine begins with.
const PIPES: &str = r"\\.\pipe\";

pub(super) fn default_socket(_: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, AddressError> {
    let own = own_user().map_err(|_| AddressError::NoUser)?;
    Ok(PathBuf::from(format!("{PIPES}cp-token-{own}")))
}

pub(super) fn lock_folder(
    socket: &Path,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, AddressError> {
    let name = socket.to_str().and_then(|path| path.strip_prefix(PIPES)).filter(|name| is_plain(name));
    Ok(state_folder(variable)?.join("run").join(name.ok_or(AddressError::NoPipe)?))
}

/// Whether the name can also be that of a folder, and of nothing else.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain) && !name.starts_with('.') && !name.ends_with('.')
}
