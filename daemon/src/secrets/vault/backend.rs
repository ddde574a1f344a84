//! Owns what a secret source can be asked, and what may go wrong.

use std::future::Future;
use std::pin::Pin;

use cp_token_protocol::Secret;

use super::credential::CredentialFault;
use super::secret_file::FileFault;
use crate::profile::secret_key::SecretKey;
use crate::secrets::program::ProgramError;

/// The longest secret that any source takes, in bytes. Some keyrings take less.
pub const SECRET_LIMIT: usize = 16 * 1024;

/// Why a source did not do what it was asked. Whatever it is, nothing was deleted because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum VaultError {
    /// It holds no such secret.
    #[error("there is no secret for this profile, client and URL")]
    Absent,
    /// There is nobody to ask.
    #[error("there is no keyring service to talk to")]
    Unavailable,
    /// The service runs, but no keyring was ever made in it.
    #[error("the keyring service has no default keyring yet")]
    NoCollection,
    /// It is locked, and nobody unlocked it.
    #[error("the keyring is locked")]
    Locked,
    /// It does not let us in.
    #[error("the keyring refused access")]
    Denied,
    /// It did not answer in time. A change that was on its way may still happen.
    #[error("the keyring did not answer in time")]
    TimedOut,
    /// It still has not answered an earlier call, or too many wait.
    #[error("the keyring is still busy with an earlier call")]
    Busy,
    /// Several items answer to the same name, and none is taken.
    #[error("several items in the keyring match, and none is taken")]
    Ambiguous,
    /// It does not hold secrets of this size.
    #[error("the secret is longer than the keyring can hold")]
    TooLarge,
    /// It is empty, or longer than any secret: what was to be stored, or what was found.
    #[error("what is or would be kept for this profile is not a secret")]
    Unusable,
    /// The daemon is locked, and holds nothing.
    #[error("the daemon is locked")]
    Sealed,
    /// It failed in another way.
    #[error("the keyring failed")]
    Failed,
    /// It only reads what somebody else keeps.
    #[error("the secret is kept by another program, and cp-token only reads it")]
    ReadOnly,
    /// The program that prints the secret did not do so.
    #[error("the secret command {0}")]
    Command(ProgramError),
    /// The secret's file was not taken.
    #[error("the secret file {0}")]
    File(FileFault),
    /// The service manager handed over no such credential, or one that was not taken.
    #[error(transparent)]
    Credential(CredentialFault),
}

pub(super) fn require_storable(secret: &Secret) -> Result<(), VaultError> {
    match secret.expose().len() {
        0 => Err(VaultError::Unusable),
        1..=SECRET_LIMIT => Ok(()),
        _ => Err(VaultError::TooLarge),
    }
}

/// A place where secrets rest.
pub trait SecretBackend: Send + Sync {
    /// A copy of the secret.
    ///
    /// # Errors
    /// [`VaultError`].
    fn load<'a>(
        &'a self,
        key: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>>;

    /// Puts the secret there, in the place of an older one of the same key. A source that others fill does not.
    ///
    /// # Errors
    /// [`VaultError`]; the older one is then still there, except perhaps after [`VaultError::TimedOut`].
    fn store<'a>(
        &'a self,
        _: &'a SecretKey,
        _: &'a Secret,
    ) -> Pin<Box<dyn Future<Output = Result<(), VaultError>> + Send + 'a>> {
        Box::pin(std::future::ready(Err(VaultError::ReadOnly)))
    }

    /// Takes the secret away. That there was none is no failure. A source that others fill does not.
    ///
    /// # Errors
    /// [`VaultError`].
    fn erase<'a>(
        &'a self,
        _: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<(), VaultError>> + Send + 'a>> {
        Box::pin(std::future::ready(Err(VaultError::ReadOnly)))
    }
}
