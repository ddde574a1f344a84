//! Owns secrets that rest in a file of the user's own, such as a mounted secret of a container. It must not write,
//! nor take a file that others may read.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use cp_token_protocol::Secret;
use cp_token_protocol::trust::Purpose;

use super::{SecretKey, SecretSource, VaultError, handed};

/// The source `file`.
#[derive(Debug, Clone)]
pub struct FileSource {
    path: PathBuf,
}

impl FileSource {
    /// The secret in the file of this path, which begins at the root.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl SecretSource for FileSource {
    fn load<'a>(
        &'a self,
        _: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        Box::pin(async { handed::read(&self.path, Purpose::Secret).await.map_err(VaultError::File) })
    }
}
