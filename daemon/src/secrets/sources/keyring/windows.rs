//! Owns the use of the Credential Manager of Windows, and the layout of items that Python programs store.

use cp_token_protocol::Secret;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use windows_native_keyring_store::Store;
use zeroize::Zeroizing;

use super::{SourceError, classify};

/// An item of ours. It does not roam to other machines of a domain, which is the default.
pub(super) fn entry(service: &str, username: &str) -> Result<Entry, Error> {
    let modifiers = [("persistence", "Local")].into_iter().collect();
    Store::new()?.build(service, username, Some(&modifiers))
}

/// An item of a Python program (`keyring.backends.Windows`): its target is the service's name, or both names if a second
/// user of the same service came later.
pub(super) fn load_external(service: &str, username: &str) -> Result<Secret, SourceError> {
    for (target, is_for_one_user) in [(service.to_owned(), false), (format!("{username}@{service}"), true)] {
        let modifiers = [("target", target.as_str())].into_iter().collect();
        let item = Store::new().and_then(|store| store.build(service, username, Some(&modifiers)));
        let item = item.map_err(classify)?;
        let matches = match item.get_attributes().map_err(classify) {
            Ok(attributes) => {
                is_for_one_user || attributes.get("username").is_some_and(|name| name == username)
            }
            Err(SourceError::Absent) => false,
            Err(error) => return Err(error),
        };
        if matches {
            let text = Zeroizing::new(item.get_password().map_err(classify)?);
            return Ok(Secret::copy_of(text.as_bytes()));
        }
    }
    Err(SourceError::Absent)
}
