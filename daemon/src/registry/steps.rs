//! Owns the single steps that changes to profiles are made of; in which order they are taken is `change`'s
//! business.

use cp_token_protocol::Secret;
use cp_token_protocol::message::SecretSourceKind;

use super::Registry;
use super::error::RegistryError;
use crate::config::edit::ConfigText;
use crate::profile::Profile;
use crate::trade::Redeemed;

impl Registry {
    pub(super) async fn prove(
        &self,
        verify: bool,
        profile: &Profile,
        secret: &Secret,
    ) -> Result<Option<Redeemed>, RegistryError> {
        if !verify {
            return Ok(None);
        }
        let proof = self.redeemer.prove(profile, secret).await;
        proof.map(Some).map_err(|unredeemed| RegistryError::Unproved(unredeemed.failure))
    }

    /// Stores the secret, then writes the config that uses it. A failure takes the secret back.
    pub(super) async fn place(
        &self,
        profile: &Profile,
        secret: &Secret,
        text: &ConfigText,
    ) -> Result<(), RegistryError> {
        self.unsettle(profile).await?;
        self.store(profile, secret).await?;
        if let Err(error) = self.write(text).await {
            let used =
                self.config().profiles.values().any(|other| other.secret_key() == profile.secret_key());
            if !used {
                self.clear(profile).await;
            }
            return Err(error);
        }
        self.state.settle(&profile.secret_key());
        self.save_softly().await;
        Ok(())
    }

    pub(super) async fn stored(&self, profile: &Profile) -> Result<Secret, RegistryError> {
        let loaded = self.sources.load(profile).await;
        loaded.map_err(|error| RegistryError::Vault(error, Box::new(profile.clone())))
    }

    pub(super) async fn store(&self, profile: &Profile, secret: &Secret) -> Result<(), RegistryError> {
        let stored = self.sources.store(profile, secret).await;
        stored.map_err(|error| RegistryError::Vault(error, Box::new(profile.clone())))
    }

    /// Takes a secret away that no profile uses any more; what cannot be done now is done at a later start.
    pub(super) async fn clear(&self, profile: &Profile) -> Option<String> {
        if self.sources.erase(profile).await.is_err() {
            return Some(
                "its secret is still in the keyring; it is removed when the keyring can be reached"
                    .to_owned(),
            );
        }
        self.state.settle(&profile.secret_key());
        self.save_softly().await;
        None
    }

    pub(super) async fn write(&self, text: &ConfigText) -> Result<(), RegistryError> {
        self.file.write(text).await?;
        let _ = self.reload();
        Ok(())
    }

    /// Notes, durably, that the secret may come to lie in the keyring without a profile that uses it.
    pub(super) async fn unsettle(&self, profile: &Profile) -> Result<(), RegistryError> {
        if profile.secret_source == SecretSourceKind::Memory {
            return Ok(());
        }
        self.state.unsettle(&profile.secret_key());
        let saved = self.state.save().await;
        saved.map_err(|error| RegistryError::WriteFailed("the state file".to_owned(), error))
    }

    /// The change itself is complete on disk; a state file that lags behind costs a date.
    pub(super) async fn save_softly(&self) {
        if let Err(problem) = self.state.save().await {
            tracing::warn!(%problem, "the state file was not written");
        }
    }

    /// The profile is in force; the token that proved its secret is its first token.
    pub(super) fn take(&self, profile: &Profile, proof: Option<Redeemed>) {
        let in_force = self.config().profiles.get(&profile.name).cloned();
        match (in_force, proof) {
            (Some(profile), Some(redeemed)) => self.broker.install(&profile, redeemed),
            (Some(_), None) | (None, _) => self.broker.forget(&profile.name),
        }
    }
}
