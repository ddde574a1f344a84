//! Owns the dry runs of changes: what can be checked without the server, and before the secret is given.

use cp_token_protocol::Failure;
use cp_token_protocol::message::SecretParts;

use super::Registry;
use super::change::ChangeResult;
use super::edit::{Edit, Update};
use crate::profile::Profile;

impl Registry {
    /// Passes where the profile can be created. The rest was checked before.
    pub(super) async fn dry_run_create(&self, profile: &Profile) -> ChangeResult {
        self.require_storable(profile).await?;
        Ok(vec![format!("profile {} can be created", profile.name)])
    }

    /// Passes where the change can be made, whatever the missing parts of its secret are.
    pub(super) async fn dry_run_update(&self, change: Update, parts: SecretParts) -> ChangeResult {
        let (old, new) = (change.old.clone(), change.new.clone());
        self.file.require_writable(Edit::Change(Box::new(change))).await?;
        self.require_record(&old, &new, parts).await?;
        Ok(vec![format!("profile {} can be updated", new.name)])
    }

    pub(super) async fn dry_run_reset(&self, profile: &Profile, parts: SecretParts) -> ChangeResult {
        self.require_record(profile, profile, parts).await?;
        Ok(vec![format!("profile {} can be given a new secret", profile.name)])
    }

    /// Passes where the new record fits the profile and could be stored. Parts that cp-token stores may be missing.
    async fn require_record(&self, old: &Profile, new: &Profile, parts: SecretParts) -> Result<(), Failure> {
        if !parts.is_empty() || !new.secret_source.is_writable() {
            self.new_record(Some(old), new, parts).await?;
        }
        self.require_storable(new).await
    }
}
