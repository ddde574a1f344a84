//! Owns what a secret source can do, and how it can fail.

use std::future::Future;
use std::pin::Pin;

use cp_token_protocol::Secret;

use super::external_source::CredentialFault;
use super::secret_file::FileFault;
use crate::profile::secret_key::SecretKey;
use crate::secrets::program::ProgramError;

/// The longest secret that any source takes, in bytes. Some keyrings take less.
pub const RECORD_LIMIT: usize = 16 * 1024;

/// What a source does, in progress.
pub type SourceFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// Why a secret source failed. No failure deletes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum SourceError {
    /// The source has no such secret.
    #[error("there is no secret for this profile, client and URL")]
    Absent,
    /// The source cannot hold a secret of this size.
    #[error("the secret is longer than the keyring can hold")]
    TooLarge,
    /// The text to store, or the stored text, is empty or longer than [`RECORD_LIMIT`].
    #[error("what is or would be kept for this profile is not a secret")]
    Unusable,
    #[error("the daemon is locked")]
    Sealed,
    /// The source is read-only.
    #[error("the secret is kept by another program, and cp-token only reads it")]
    ReadOnly,
    /// The keyring failed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("the secret command {0}")]
    Command(ProgramError),
    #[error("the secret file {0}")]
    File(#[from] FileFault),
    /// There is no such credential of the service manager, or it was rejected.
    #[error(transparent)]
    Credential(#[from] CredentialFault),
}

/// Why the keyring failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum KeyringError {
    #[error("there is no keyring service to talk to")]
    Unavailable,
    #[error("the keyring service has no default keyring yet")]
    NoCollection,
    #[error("the keyring is locked")]
    Locked,
    #[error("the keyring refused access")]
    Denied,
    /// The keyring timed out. A change that had begun may still complete.
    #[error("the keyring did not answer in time")]
    TimedOut,
    /// An earlier call is overdue, or too many calls are queued.
    #[error("the keyring is still busy with an earlier call")]
    Busy,
    #[error("several items in the keyring match, and none is taken")]
    Ambiguous,
    #[error("the keyring failed")]
    Failed,
}

pub(super) fn require_storable(secret: &Secret) -> Result<(), SourceError> {
    match secret.expose().len() {
        0 => Err(SourceError::Unusable),
        1..=RECORD_LIMIT => Ok(()),
        _ => Err(SourceError::TooLarge),
    }
}

/// A place where secrets are stored.
pub trait SecretBackend: Send + Sync {
    /// Loads a copy of the secret.
    fn load<'a>(&'a self, key: &'a SecretKey) -> SourceFuture<'a, Secret>;

    /// Stores the secret. After an error the older one is kept, except perhaps after a timeout. A read-only source fails.
    fn store<'a>(&'a self, _: &'a SecretKey, _: &'a Secret) -> SourceFuture<'a, ()> {
        Box::pin(std::future::ready(Err(SourceError::ReadOnly)))
    }

    /// Erases the secret. It is no error if there was none. A read-only source fails.
    fn erase<'a>(&'a self, _: &'a SecretKey) -> SourceFuture<'a, ()> {
        Box::pin(std::future::ready(Err(SourceError::ReadOnly)))
    }
}
