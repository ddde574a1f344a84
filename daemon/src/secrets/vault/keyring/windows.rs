//! Owns what is Windows' own about the keyring, the Credential Manager: items stay on this machine, and Python programs
//! keep theirs in a way of their own.

use cp_token_protocol::Secret;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use windows_native_keyring_store::Store;
use zeroize::Zeroizing;

use super::{VaultError, classify};

/// An item of ours. It does not roam to other machines of a domain, as it would without being told.
pub(super) fn named(service: &str, username: &str) -> Result<Entry, Error> {
    let modifiers = [("persistence", "Local")].into_iter().collect();
    Store::new()?.build(service, username, Some(&modifiers))
}

/// An item of a Python program: under the service's name alone, and under both names where a second user of the same
/// service came later (`keyring.backends.Windows`).
pub(super) fn foreign(service: &str, username: &str) -> Result<Secret, VaultError> {
    for (target, is_for_one_user) in [(service.to_owned(), false), (format!("{username}@{service}"), true)] {
        let modifiers = [("target", target.as_str())].into_iter().collect();
        let item = Store::new().and_then(|store| store.build(service, username, Some(&modifiers)));
        let item = item.map_err(classify)?;
        let is_theirs = match item.get_attributes().map_err(classify) {
            Ok(facts) => is_for_one_user || facts.get("username").is_some_and(|name| name == username),
            Err(VaultError::Absent) => false,
            Err(error) => return Err(error),
        };
        if is_theirs {
            let text = Zeroizing::new(item.get_password().map_err(classify)?);
            return Ok(Secret::copy_of(text.as_bytes()));
        }
    }
    Err(VaultError::Absent)
}
