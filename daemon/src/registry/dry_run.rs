//! Owns the trials of changes to profiles: what can be seen of one before its secret is there, without the server. A trial
//! changes nothing.

use cp_token_protocol::message::EntryParts;

use super::Registry;
use super::edit::{Edit, Update};
use super::error::RegistryError;
use crate::profile::Profile;

impl Registry {
    /// That the profile can be created, as far as it was looked at before.
    pub(super) async fn dry_run_create(&self, profile: &Profile) -> Result<Vec<String>, RegistryError> {
        self.require_storable(profile).await?;
        Ok(vec![format!("profile {} can be created", profile.name)])
    }

    /// That the change can be made, but for what is not given of its secret.
    pub(super) async fn dry_run_update(
        &self,
        change: Update,
        parts: EntryParts,
    ) -> Result<Vec<String>, RegistryError> {
        let (old, new) = (change.old.clone(), change.new.clone());
        self.file.require_writable(Edit::Change(Box::new(change))).await?;
        self.require_record(&old, &new, parts).await?;
        Ok(vec![format!("profile {} can be updated", new.name)])
    }

    /// That the profile can be given a new secret.
    pub(super) async fn dry_run_reset(
        &self,
        profile: &Profile,
        parts: EntryParts,
    ) -> Result<Vec<String>, RegistryError> {
        self.require_record(profile, profile, parts).await?;
        Ok(vec![format!("profile {} can be given a new secret", profile.name)])
    }

    /// Passes where what is to rest for the profile fits it and could be stored. What is kept may be missing.
    async fn require_record(
        &self,
        old: &Profile,
        new: &Profile,
        parts: EntryParts,
    ) -> Result<(), RegistryError> {
        let gives = [&parts.secret, &parts.totp_seed, &parts.proxy_password];
        if gives.iter().any(|part| part.is_some()) || !new.keeps_secret() {
            self.new_record(Some(old), new, parts).await?;
        }
        self.require_storable(new).await
    }
}
