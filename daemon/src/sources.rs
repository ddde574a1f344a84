//! Owns which source each profile's secret rests in. It knows the sources by their trait alone.

use std::sync::Arc;

use cp_token_protocol::Secret;
use cp_token_protocol::message::SecretSourceKind;

use crate::profile::Profile;
use crate::vault::{SecretSource, VaultError};

/// Every source that a profile can choose.
#[derive(Clone)]
pub struct Sources {
    /// The system keyring.
    pub keyring: Arc<dyn SecretSource>,
    /// The daemon's memory.
    pub memory: Arc<dyn SecretSource>,
}

impl Sources {
    /// The profile's secret, from its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn load(&self, profile: &Profile) -> Result<Secret, VaultError> {
        self.of(profile.secret_source).load(&profile.secret_key()).await
    }

    /// Puts the profile's secret into its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn store(&self, profile: &Profile, secret: &Secret) -> Result<(), VaultError> {
        self.of(profile.secret_source).store(&profile.secret_key(), secret).await
    }

    /// Takes the profile's secret out of its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn erase(&self, profile: &Profile) -> Result<(), VaultError> {
        self.of(profile.secret_source).erase(&profile.secret_key()).await
    }

    fn of(&self, kind: SecretSourceKind) -> &dyn SecretSource {
        match kind {
            SecretSourceKind::Keyring => &*self.keyring,
            SecretSourceKind::Memory => &*self.memory,
        }
    }
}
