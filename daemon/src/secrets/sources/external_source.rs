//! Owns the read-only sources: a program, a file, a credential of the service manager. It must not use a shell.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::trust::Purpose;

use super::backend::{RECORD_LIMIT, SecretBackend, SourceError, SourceFuture};
use super::secret_file::{self, FileFault};
use crate::profile::secret_key::SecretKey;
use crate::profile::validate;
use crate::secrets::program;

/// The timeout of a program, which may be asking a person for a passphrase.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a credential of the service manager could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CredentialFault {
    /// The name breaks its grammar: letters, digits, `.`, `_` and `-`, at most 255, and not `.` or `..`.
    #[error("the name of the credential is not made of letters, digits, `.`, `_` and `-`")]
    Name,
    /// The service manager has passed no directory of credentials.
    #[error("no credentials were handed to the daemon: it is not run by a service manager that does so")]
    NoDirectory,
    /// The credential's file was rejected.
    #[error("the credential {0}")]
    File(FileFault),
}

/// A source that cp-token only reads.
#[derive(Debug, Clone)]
pub enum ExternalSource {
    /// A program, such as `pass` or `op`, that prints the secret: its absolute path, and its arguments.
    Command(Vec<String>),
    /// A file of this absolute path, such as a mounted secret of a container.
    File(PathBuf),
    /// The credential (systemd's `LoadCredential=`) of this name in this directory, if the service manager has passed one.
    Credential(String, Option<PathBuf>),
}

impl SecretBackend for ExternalSource {
    fn load<'a>(&'a self, _: &'a SecretKey) -> SourceFuture<'a, Secret> {
        Box::pin(async {
            match self {
                Self::Command(argv) => run_program(argv).await,
                Self::File(path) => Ok(secret_file::read(path, Purpose::Secret).await?),
                Self::Credential(name, directory) => Ok(read_credential(name, directory.as_deref()).await?),
            }
        })
    }
}

/// Runs a program, and returns what it prints: a secret or a one-time code.
pub async fn run_program(argv: &[String]) -> Result<Secret, SourceError> {
    program::run(argv, PROGRAM_TIMEOUT, RECORD_LIMIT).await.map_err(SourceError::Command)
}

async fn read_credential(name: &str, directory: Option<&Path>) -> Result<Secret, CredentialFault> {
    if !validate::is_credential_name(name) {
        return Err(CredentialFault::Name);
    }
    let directory = directory.filter(|directory| !directory.as_os_str().is_empty());
    let path = directory.ok_or(CredentialFault::NoDirectory)?.join(name);
    secret_file::read(&path, Purpose::Credential).await.map_err(CredentialFault::File)
}
