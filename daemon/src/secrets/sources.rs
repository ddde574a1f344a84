//! Owns which source each profile's secret rests in. It asks each source through the trait alone.

use std::sync::Arc;

use cp_token_protocol::Secret;
use cp_token_protocol::message::SecretSource;

use crate::profile::Profile;
use crate::secrets::program::ProgramError;
use crate::secrets::secret_record::SecretRecord;
use crate::secrets::vault::{
    CommandBackend, CredentialBackend, CredentialFault, ExternalItems, FileBackend, FileFault, SecretBackend,
    VaultError,
};

/// Every source that a profile can choose.
#[derive(Clone)]
pub struct Sources {
    /// The system keyring.
    pub keyring: Arc<dyn SecretBackend>,
    /// The daemon's memory.
    pub memory: Arc<dyn SecretBackend>,
    /// What other programs keep in the system keyring.
    pub external: Arc<dyn ExternalItems>,
}

impl Sources {
    /// The profile's secret and what belongs to it, from its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn load(&self, profile: &Profile) -> Result<SecretRecord, VaultError> {
        let text = self.of(&profile.secret_source).load(&profile.secret_key()).await?;
        let entry = SecretRecord::parse(&text);
        match empty_line(&profile.secret_source).filter(|_| entry.secret.expose().is_empty()) {
            Some(error) => Err(error),
            None => Ok(entry),
        }
    }

    /// Puts the profile's secret, and what belongs to it, into its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn store(&self, profile: &Profile, entry: &SecretRecord) -> Result<(), VaultError> {
        self.of(&profile.secret_source).store(&profile.secret_key(), &entry.text()).await
    }

    /// Takes the profile's secret out of its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn erase(&self, profile: &Profile) -> Result<(), VaultError> {
        self.of(&profile.secret_source).erase(&profile.secret_key()).await
    }

    /// What a program prints that a profile names, such as a one-time code.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn ask_program(&self, line: &[String], profile: &Profile) -> Result<Secret, VaultError> {
        self.of(&SecretSource::Command(line.to_vec())).load(&profile.secret_key()).await
    }

    fn of(&self, location: &SecretSource) -> Arc<dyn SecretBackend> {
        match location {
            SecretSource::Keyring => Arc::clone(&self.keyring),
            SecretSource::Memory => Arc::clone(&self.memory),
            SecretSource::Command(line) => Arc::new(CommandBackend::new(line.clone())),
            SecretSource::File(path) => Arc::new(FileBackend::new(path.into())),
            SecretSource::Credential(name) => Arc::new(CredentialBackend::new(name.clone())),
        }
    }
}

/// What it is called that the first line is empty, where a person or a program wrote the text.
fn empty_line(location: &SecretSource) -> Option<VaultError> {
    match location {
        SecretSource::Keyring | SecretSource::Memory => None,
        SecretSource::Command(_) => Some(VaultError::Command(ProgramError::EmptyLine)),
        SecretSource::File(_) => Some(VaultError::File(FileFault::EmptyLine)),
        SecretSource::Credential(_) => {
            Some(VaultError::Credential(CredentialFault::File(FileFault::EmptyLine)))
        }
    }
}
