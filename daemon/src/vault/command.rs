//! Owns secrets that a program of the user prints, such as `pass` or `op`. It must not use a shell, nor keep what
//! was printed.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cp_token_protocol::Secret;

use super::{SECRET_LIMIT, SecretKey, SecretSource, VaultError};
use crate::program;

/// The longest wait for a program that may be asking a person for a passphrase.
const DEADLINE: Duration = Duration::from_secs(60);

/// The source `command`.
#[derive(Debug, Clone)]
pub struct CommandSource {
    argv: Vec<String>,
}

impl CommandSource {
    /// The secret that this program prints: the whole path of its file, and its arguments.
    pub fn new(argv: Vec<String>) -> Self {
        Self { argv }
    }
}

impl SecretSource for CommandSource {
    fn load<'a>(
        &'a self,
        _: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        Box::pin(async {
            program::run(&self.argv, DEADLINE, SECRET_LIMIT).await.map_err(VaultError::Command)
        })
    }
}
