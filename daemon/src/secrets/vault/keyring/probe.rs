//! Owns the check that a keyring works, with an item of its own name that is stored, loaded and erased. It must not
//! touch an item of a profile.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::{VaultError, classify, entry};

/// A service name that no profile has, so that no search for secrets finds the item.
const SERVICE: &str = "cp-token-doctor";
const ACCOUNT: &str = "trial";
const LABEL: &str = "cp-token doctor: a trial, no secret; may be removed";

/// Checks that an item can be stored, loaded and erased. An item that an aborted check has left is replaced.
pub(super) fn probe() -> Result<(), VaultError> {
    let item = entry(SERVICE, ACCOUNT, Some(LABEL))?;
    let mark = format!("a trial, no secret: {:016x}", RandomState::new().build_hasher().finish());
    item.set_secret(mark.as_bytes()).map_err(classify)?;
    let found = item.get_secret().map_err(classify);
    let removed = item.delete_credential().map_err(classify);
    let is_same = found? == mark.as_bytes();
    removed?;
    if is_same { Ok(()) } else { Err(VaultError::Failed) }
}
