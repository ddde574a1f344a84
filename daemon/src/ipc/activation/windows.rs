//! Owns the absence of socket activation on Windows.

use std::ffi::OsString;
use std::os::windows::io::OwnedHandle;

use cp_token_protocol::IpcAddress;

/// Nothing is handed over, so nothing can be wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {}

/// Nothing.
///
/// # Errors
/// None.
pub fn adopt(
    _: impl Fn(&str) -> Option<OsString>,
    _: &IpcAddress,
) -> Result<Option<OwnedHandle>, ActivationError> {
    Ok(None)
}
