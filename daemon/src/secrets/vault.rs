//! Owns the map of the secret sources: what a source can do, what identifies a secret, how a source fails. It must
//! not know what a secret is used for.

mod backend;
mod external_items;
mod external_source;
mod keyring;
mod memory;
mod secret_file;
#[cfg(target_os = "linux")]
mod secret_service;
mod serial_queue;

pub use backend::{SECRET_LIMIT, SecretBackend, SourceFuture, VaultError};
pub use external_items::{ExternalItems, check_external_item};
pub use external_source::{CredentialFault, ExternalSource};
pub use keyring::KeyringBackend;
pub use memory::MemoryBackend;
pub use secret_file::FileFault;
