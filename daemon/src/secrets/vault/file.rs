//! Owns secrets that rest in a file of the user's own, such as a mounted secret of a container. It must not write,
//! nor take a file that others may read.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use cp_token_protocol::Secret;
use cp_token_protocol::trust::Purpose;

use super::backend::{SecretBackend, VaultError};
use super::secret_file;
use crate::profile::secret_key::SecretKey;

/// The source `file`.
#[derive(Debug, Clone)]
pub struct FileBackend {
    path: PathBuf,
}

impl FileBackend {
    /// The secret in the file of this path, which begins at the root.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl SecretBackend for FileBackend {
    fn load<'a>(
        &'a self,
        _: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        Box::pin(async { secret_file::read(&self.path, Purpose::Secret).await.map_err(VaultError::File) })
    }
}
