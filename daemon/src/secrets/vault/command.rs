//! Owns secrets that a program of the user prints, such as `pass` or `op`. It must not use a shell, nor keep what
//! was printed.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cp_token_protocol::Secret;

use super::backend::{SECRET_LIMIT, SecretBackend, VaultError};
use crate::profile::secret_key::SecretKey;
use crate::secrets::program;

/// The longest wait for a program that may be asking a person for a passphrase.
const DEADLINE: Duration = Duration::from_secs(60);

/// The source `command`.
#[derive(Debug, Clone)]
pub struct CommandBackend {
    argv: Vec<String>,
}

impl CommandBackend {
    /// The secret that this program prints: the whole path of its file, and its arguments.
    pub fn new(argv: Vec<String>) -> Self {
        Self { argv }
    }
}

impl SecretBackend for CommandBackend {
    fn load<'a>(
        &'a self,
        _: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        Box::pin(async {
            program::run(&self.argv, DEADLINE, SECRET_LIMIT).await.map_err(VaultError::Command)
        })
    }
}
