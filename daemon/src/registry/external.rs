//! Owns the import of a secret from another program's keyring item: it is read once, and becomes a part of the new
//! profile like one that a person has typed.

use cp_token_protocol::message::{ExternalKeyringItem, SecretParts};

use super::Registry;
use super::error::RegistryError;
use crate::profile::Profile;
use crate::secrets::vault::check_external_item;

impl Registry {
    /// What the caller gave to be stored for `profile`, with the secret of `item` where one is named.
    pub(super) async fn with_external_secret(
        &self,
        profile: &Profile,
        given: SecretParts,
        item: Option<&ExternalKeyringItem>,
    ) -> Result<SecretParts, RegistryError> {
        let Some(item) = item else { return Ok(given) };
        check_external_item(item).map_err(RegistryError::Invalid)?;
        if given.secret.is_some() {
            return Err(RegistryError::Invalid("a secret is either given or taken over"));
        }
        let found = self.deps.sources.external.load_external(item).await;
        let secret = found.map_err(|error| RegistryError::ExternalItem(error, Box::new(profile.clone())))?;
        Ok(SecretParts { secret: Some(secret), ..given })
    }
}
