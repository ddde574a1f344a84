//! Owns the trial of a keyring by an item of its own name: written, read back and taken away, whatever happens between.
//! It must not touch an item of a profile.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::{VaultError, classify, named};

/// No service that profiles have: nothing that looks for secrets finds it.
const SERVICE: &str = "cp-token-doctor";
const ACCOUNT: &str = "trial";
const LABEL: &str = "cp-token doctor: a trial, no secret; may be removed";

/// Whether an item can be made, read and removed. What is left of a trial that was cut short is replaced.
pub(super) fn probe() -> Result<(), VaultError> {
    let item = named(SERVICE, ACCOUNT, Some(LABEL))?;
    // Of this trial and no earlier one.
    let mark = format!("a trial, no secret: {:016x}", RandomState::new().build_hasher().finish());
    item.set_secret(mark.as_bytes()).map_err(classify)?;
    let found = item.get_secret().map_err(classify);
    let removed = item.delete_credential().map_err(classify);
    let is_same = found? == mark.as_bytes();
    removed?;
    if is_same { Ok(()) } else { Err(VaultError::Failed) }
}
