//! Owns which source each profile's secret rests in. It asks each source through the trait alone.

use std::sync::Arc;

use cp_token_protocol::Secret;
use cp_token_protocol::message::SecretLocation;

use crate::entry::Entry;
use crate::profile::Profile;
use crate::program::ProgramError;
use crate::vault::{
    CommandSource, CredentialFault, CredentialSource, FileFault, FileSource, ForeignItems, SecretSource,
    VaultError,
};

/// Every source that a profile can choose.
#[derive(Clone)]
pub struct Sources {
    /// The system keyring.
    pub keyring: Arc<dyn SecretSource>,
    /// The daemon's memory.
    pub memory: Arc<dyn SecretSource>,
    /// What other programs keep in the system keyring.
    pub foreign: Arc<dyn ForeignItems>,
}

impl Sources {
    /// The profile's secret and what belongs to it, from its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn load(&self, profile: &Profile) -> Result<Entry, VaultError> {
        let text = self.of(&profile.secret_source).load(&profile.secret_key()).await?;
        let entry = Entry::parse(&text);
        match empty_line(&profile.secret_source).filter(|_| entry.secret.expose().is_empty()) {
            Some(error) => Err(error),
            None => Ok(entry),
        }
    }

    /// Puts the profile's secret, and what belongs to it, into its source.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn store(&self, profile: &Profile, entry: &Entry) -> Result<(), VaultError> {
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
        self.of(&SecretLocation::Command(line.to_vec())).load(&profile.secret_key()).await
    }

    fn of(&self, location: &SecretLocation) -> Arc<dyn SecretSource> {
        match location {
            SecretLocation::Keyring => Arc::clone(&self.keyring),
            SecretLocation::Memory => Arc::clone(&self.memory),
            SecretLocation::Command(line) => Arc::new(CommandSource::new(line.clone())),
            SecretLocation::File(path) => Arc::new(FileSource::new(path.into())),
            SecretLocation::Credential(name) => Arc::new(CredentialSource::new(name.clone())),
        }
    }
}

/// What it is called that the first line is empty, where a person or a program wrote the text.
fn empty_line(location: &SecretLocation) -> Option<VaultError> {
    match location {
        SecretLocation::Keyring | SecretLocation::Memory => None,
        SecretLocation::Command(_) => Some(VaultError::Command(ProgramError::EmptyLine)),
        SecretLocation::File(_) => Some(VaultError::File(FileFault::EmptyLine)),
        SecretLocation::Credential(_) => {
            Some(VaultError::Credential(CredentialFault::File(FileFault::EmptyLine)))
        }
    }
}
