//! Owns where secrets rest: what a source can be asked, what names a secret, what may go wrong. It must not
//! know what a secret is used for.

mod backend;
mod command;
mod credential;
mod external;
mod file;
mod keyring;
mod memory;
mod secret_file;
#[cfg(target_os = "linux")]
mod secret_service;
mod serial_queue;

pub use backend::{SECRET_LIMIT, SecretBackend, VaultError};
pub use command::CommandBackend;
pub use credential::{CredentialBackend, CredentialFault};
pub use external::{ExternalItems, check_external_item};
pub use file::FileBackend;
pub use keyring::KeyringBackend;
pub use memory::MemoryBackend;
pub use secret_file::FileFault;
