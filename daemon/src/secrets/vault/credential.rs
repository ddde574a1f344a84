//! Owns secrets that a service manager hands to the daemon's own service (systemd's `LoadCredential=`). It must not
//! write, nor look outside of the folder that the service manager names.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use cp_token_protocol::Secret;
use cp_token_protocol::trust::Purpose;

use super::backend::{SecretBackend, VaultError};
use super::secret_file::{self, FileFault};
use crate::profile::secret_key::SecretKey;
use crate::profile::validate;

/// What the service manager sets to the folder of the service's credentials.
const FOLDER: &str = "CREDENTIALS_DIRECTORY";

/// Why there is no such credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CredentialFault {
    /// The name breaks its grammar: letters, digits, `.`, `_` and `-`, at most 255, and not `.` or `..`.
    #[error("the name of the credential is not made of letters, digits, `.`, `_` and `-`")]
    Name,
    /// No service manager has handed over any.
    #[error("no credentials were handed to the daemon: it is not run by a service manager that does so")]
    NoFolder,
    /// It was not taken.
    #[error("the credential {0}")]
    File(FileFault),
}

/// The source `credential`.
#[derive(Debug, Clone)]
pub struct CredentialBackend {
    name: String,
    folder: Option<PathBuf>,
}

impl CredentialBackend {
    /// The credential of this name among those of the daemon's own service.
    pub fn new(name: String) -> Self {
        Self::in_folder(name, std::env::var_os(FOLDER).map(PathBuf::from))
    }

    /// The same in a folder that is known already; none where no service manager has handed over any.
    pub fn in_folder(name: String, folder: Option<PathBuf>) -> Self {
        Self { name, folder }
    }

    async fn find(&self) -> Result<Secret, CredentialFault> {
        if !validate::is_credential_name(&self.name) {
            return Err(CredentialFault::Name);
        }
        let folder = self.folder.as_ref().filter(|folder| !folder.as_os_str().is_empty());
        let path = folder.ok_or(CredentialFault::NoFolder)?.join(&self.name);
        secret_file::read(&path, Purpose::Credential).await.map_err(CredentialFault::File)
    }
}

impl SecretBackend for CredentialBackend {
    fn load<'a>(
        &'a self,
        _: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        Box::pin(async { self.find().await.map_err(VaultError::Credential) })
    }
}
