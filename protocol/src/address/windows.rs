//! Owns the meeting place on Windows: a named pipe that bears the user's identifier. Locks lie in the state folder,
//! one folder for each pipe.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{ADDRESS_LIMIT, AddressError, IpcAddress, absolute, state_folder};
use crate::windows::security::own_user;

/// What every pipe of this machine begins with.
const PIPES: &str = r"\\.\pipe\";

/// `CP_TOKEN_SOCKET`, else `\\.\pipe\cp-token-` and the user's identifier.
pub(super) fn find(variable: impl Fn(&str) -> Option<OsString>) -> Result<IpcAddress, AddressError> {
    let socket = match absolute("CP_TOKEN_SOCKET", &variable)? {
        Some(path) => path,
        None => PathBuf::from(format!("{PIPES}cp-token-{}", own_user().map_err(|_| AddressError::NoUser)?)),
    };
    if socket.as_os_str().len() > ADDRESS_LIMIT {
        return Err(AddressError::TooLong(socket));
    }
    let name = socket.to_str().and_then(|path| path.strip_prefix(PIPES)).filter(|name| is_plain(name));
    let folder = state_folder(variable)?.join("run").join(name.ok_or(AddressError::NoPipe)?);
    Ok(IpcAddress { socket, folder })
}

/// A name that is also that of a folder, and of nothing else.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain) && !name.starts_with('.') && !name.ends_with('.')
}
