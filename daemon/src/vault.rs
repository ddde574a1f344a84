//! Owns where secrets rest: what a source can be asked, what names a secret, what may go wrong. It must not
//! know what a secret is used for.

use std::future::Future;
use std::pin::Pin;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{ProfileName, Secret};

use crate::program::ProgramError;
use crate::request_url::RequestUrl;

mod blocking;
mod command;
mod credential;
mod file;
mod foreign;
mod handed;
mod keyring;
mod memory;
#[cfg(target_os = "linux")]
mod secret_service;

pub use command::CommandSource;
pub use credential::{CredentialFault, CredentialSource};
pub use file::FileSource;
pub use foreign::{ForeignItems, check_foreign};
pub use handed::FileFault;
pub use keyring::KeyringSource;
pub use memory::MemorySource;

/// The longest secret that any source takes, in bytes. Some keyrings take less.
pub const SECRET_LIMIT: usize = 16 * 1024;

/// What names a secret: the profile, and the client and origin that it was entered for.
///
/// Another client or origin is another secret, so that an edited config file cannot send it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretKey {
    /// Whose secret it is.
    pub profile: ProfileName,
    /// Which client it proves.
    pub identity: Identity,
    /// The only origin that it may be sent to.
    pub url: RequestUrl,
}

impl SecretKey {
    /// The key as one text, different for any two keys: `<profile> <client ID>@<origin>`, and `user:` or
    /// `basic:` before a user's name. A profile's name has no space, an origin no `@`, and a client ID no colon.
    pub fn account(&self) -> String {
        let (kind, name) = match &self.identity {
            Identity::ApiClient(id) => ("", id),
            Identity::User(name) => ("user:", name),
            Identity::Basic(name) => ("basic:", name),
        };
        format!("{} {kind}{name}@{}", self.profile, self.url)
    }
}

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

fn require_storable(secret: &Secret) -> Result<(), VaultError> {
    match secret.expose().len() {
        0 => Err(VaultError::Unusable),
        1..=SECRET_LIMIT => Ok(()),
        _ => Err(VaultError::TooLarge),
    }
}

/// A place where secrets rest.
pub trait SecretSource: Send + Sync {
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
