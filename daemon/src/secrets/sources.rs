//! Owns the secret sources, and the choice of the source for a profile's secret. It must not know what a secret is used for.

use std::path::PathBuf;
use std::sync::Arc;

use cp_token_protocol::message::SecretSource;

use crate::profile::Profile;
use crate::profile::secret_key::SecretKey;
use crate::secrets::program::ProgramError;
use crate::secrets::secret_record::SecretRecord;

mod backend;
mod external_source;
mod keyring;
mod memory;
mod secret_file;
#[cfg(target_os = "linux")]
mod secret_service;
mod serial_queue;

pub use backend::{KeyringError, RECORD_LIMIT, SecretBackend, SourceError, SourceFuture};
pub use external_source::{CredentialFault, ExternalSource, run_program};
pub use keyring::{KeyringBackend, check_external_item};
pub use memory::MemoryBackend;
pub use secret_file::FileFault;

/// Every source that a profile can choose.
#[derive(Clone)]
pub struct Sources {
    /// The system keyring.
    pub keyring: Arc<dyn SecretBackend>,
    /// The daemon's memory.
    pub memory: Arc<dyn SecretBackend>,
    /// The items of other programs in the system keyring.
    pub external: Arc<KeyringBackend>,
}

impl Sources {
    /// Loads the profile's secret, and what is stored with it.
    pub async fn load(&self, profile: &Profile) -> Result<SecretRecord, SourceError> {
        let text = self.of(&profile.secret_source).load(&profile.secret_key()).await?;
        let record = SecretRecord::parse(&text);
        let error = empty_line(&profile.secret_source).filter(|_| record.secret.expose().is_empty());
        error.map_or(Ok(record), Err)
    }

    /// Stores the profile's secret, and what belongs to it.
    pub async fn store(&self, profile: &Profile, record: &SecretRecord) -> Result<(), SourceError> {
        self.of(&profile.secret_source).store(&profile.secret_key(), &record.text()).await
    }

    /// Erases the profile's secret from its source.
    pub async fn erase(&self, profile: &Profile) -> Result<(), SourceError> {
        self.of(&profile.secret_source).erase(&profile.secret_key()).await
    }

    /// Erases what an interrupted change has left under this key, in every source for which [`outlives_a_crash`] holds.
    pub async fn erase_leftover(&self, key: &SecretKey) -> Result<(), SourceError> {
        self.keyring.erase(key).await
    }

    fn of(&self, source: &SecretSource) -> Arc<dyn SecretBackend> {
        match source {
            SecretSource::Keyring => Arc::clone(&self.keyring),
            SecretSource::Memory => Arc::clone(&self.memory),
            SecretSource::Command(argv) => Arc::new(ExternalSource::Command(argv.clone())),
            SecretSource::File(path) => Arc::new(ExternalSource::File(path.into())),
            SecretSource::Credential(name) => {
                let directory = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
                Arc::new(ExternalSource::Credential(name.clone(), directory))
            }
        }
    }
}

/// Whether a crash leaves there what cp-token has stored. [`Sources::erase_leftover`] erases it.
pub fn outlives_a_crash(source: &SecretSource) -> bool {
    match source {
        SecretSource::Keyring => true,
        SecretSource::Memory
        | SecretSource::Command(_)
        | SecretSource::File(_)
        | SecretSource::Credential(_) => false,
    }
}

/// The error of an empty first line, in a source whose text a person or a program has written.
fn empty_line(source: &SecretSource) -> Option<SourceError> {
    match source {
        SecretSource::Keyring | SecretSource::Memory => None,
        SecretSource::Command(_) => Some(SourceError::Command(ProgramError::EmptyLine)),
        SecretSource::File(_) => Some(SourceError::File(FileFault::EmptyLine)),
        SecretSource::Credential(_) => {
            Some(SourceError::Credential(CredentialFault::File(FileFault::EmptyLine)))
        }
    }
}
