//! Owns secrets that are stored in the system's keyring, and is the only file that names the keyring crates. It must
//! not keep a connection, an answer or a secret, nor delete an item that it was not asked to delete.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::message::{ExternalKeyringItem, KeyringReport};
use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::backend::{SECRET_LIMIT, SecretBackend, SourceFuture, VaultError, require_storable};
use super::external_items::ExternalItems;
#[cfg(target_os = "linux")]
use super::secret_service::classify as classify_cause;
use super::serial_queue::SerialQueue;
use crate::base::mutex::lock;
use crate::profile::secret_key::SecretKey;

mod probe;
#[cfg(windows)]
mod windows;

/// The service name of all our items.
const SERVICE: &str = "cp-token";
/// The timeout of loading a secret. A locked keyring may be waiting for a person.
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of a change, for which a person may be typing the password of the keyring.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(60);
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// The source `keyring`.
#[derive(Clone)]
pub struct KeyringBackend {
    queue: SerialQueue,
    health: Arc<Mutex<KeyringReport>>,
}

impl Default for KeyringBackend {
    fn default() -> Self {
        Self { queue: SerialQueue::default(), health: Arc::new(Mutex::new(KeyringReport::Untried)) }
    }
}

impl KeyringBackend {
    /// The result of the last call.
    pub fn health(&self) -> KeyringReport {
        *lock(&self.health)
    }

    /// Stores, loads and erases an item that is made for this, to check that the keyring works.
    pub async fn probe(&self) -> Result<(), VaultError> {
        self.call(PROBE_TIMEOUT, probe::probe).await
    }

    /// Runs one call on the keyring's own thread. The thread records the outcome, so that a call which succeeds after its
    /// timeout still corrects the report.
    async fn call<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let source = self.clone();
        let recorded = move || {
            let outcome = work();
            source.record(outcome.as_ref().err().copied());
            outcome
        };
        self.queue.call(timeout, recorded).await.unwrap_or_else(|error| {
            self.record(Some(error));
            Err(error)
        })
    }

    fn record(&self, error: Option<VaultError>) {
        *lock(&self.health) = report(error);
    }
}

impl SecretBackend for KeyringBackend {
    fn load<'a>(&'a self, key: &'a SecretKey) -> SourceFuture<'a, Secret> {
        let key = key.clone();
        Box::pin(self.call(LOAD_TIMEOUT, move || load(&key)))
    }

    fn store<'a>(&'a self, key: &'a SecretKey, secret: &'a Secret) -> SourceFuture<'a, ()> {
        let key = key.clone();
        let secret = Secret::copy_of(secret.expose());
        Box::pin(self.call(CHANGE_TIMEOUT, move || store(&key, &secret)))
    }

    fn erase<'a>(&'a self, key: &'a SecretKey) -> SourceFuture<'a, ()> {
        let key = key.clone();
        Box::pin(self.call(CHANGE_TIMEOUT, move || erase(&key)))
    }
}

impl ExternalItems for KeyringBackend {
    fn load_external<'a>(&'a self, item: &'a ExternalKeyringItem) -> SourceFuture<'a, Secret> {
        let item = item.clone();
        // A person has asked for the import, and may have to type the password of the keyring.
        Box::pin(self.call(CHANGE_TIMEOUT, move || load_external(&item)))
    }
}

fn load(key: &SecretKey) -> Result<Secret, VaultError> {
    read(&open(key)?)
}

#[cfg(not(windows))]
fn load_external(item: &ExternalKeyringItem) -> Result<Secret, VaultError> {
    read(&entry(&item.service, &item.username, None)?)
}

#[cfg(windows)]
fn load_external(item: &ExternalKeyringItem) -> Result<Secret, VaultError> {
    windows::load_external(&item.service, &item.username)
}

fn read(item: &Entry) -> Result<Secret, VaultError> {
    let found = item.get_secret().map_err(classify);
    let bytes = match found {
        Err(VaultError::Absent) => return Err(absent()),
        found => Zeroizing::new(found?),
    };
    match bytes.len() {
        1..=SECRET_LIMIT => Ok(Secret::copy_of(&bytes)),
        _ => Err(VaultError::Unusable),
    }
}

fn store(key: &SecretKey, secret: &Secret) -> Result<(), VaultError> {
    require_storable(secret)?;
    open(key)?.set_secret(secret.expose()).map_err(classify)
}

fn erase(key: &SecretKey) -> Result<(), VaultError> {
    match open(key)?.delete_credential().map_err(classify) {
        Err(VaultError::Absent) => Ok(()),
        outcome => outcome,
    }
}

fn open(key: &SecretKey) -> Result<Entry, VaultError> {
    entry(SERVICE, &key.account(), Some(&format!("cp-token secret for profile {}", key.profile)))
}

/// The item, over a connection of its own: `Entry::new` would look for a keyring once per process, and keep the
/// connection or the lack of one. A new item gets the label.
#[cfg(target_os = "linux")]
fn entry(service: &str, username: &str, label: Option<&str>) -> Result<Entry, VaultError> {
    use keyring_core::api::CredentialStoreApi;

    let modifiers = label.map(|label| ("label", label)).into_iter().collect();
    let store = zbus_secret_service_keyring_store::Store::new();
    let inner = store.and_then(|store| store.build(service, username, Some(&modifiers)));
    inner.map(|inner| Entry { inner }).map_err(|error| unavailable_if_unexplained(classify(error)))
}

#[cfg(windows)]
fn entry(service: &str, username: &str, _: Option<&str>) -> Result<Entry, VaultError> {
    let inner = windows::entry(service, username);
    inner.map(|inner| Entry { inner }).map_err(|error| unavailable_if_unexplained(classify(error)))
}

#[cfg(not(any(target_os = "linux", windows)))]
fn entry(service: &str, username: &str, _: Option<&str>) -> Result<Entry, VaultError> {
    Entry::new(service, username).map_err(|error| unavailable_if_unexplained(classify(error)))
}

/// A service that fails before the first request counts as unavailable.
fn unavailable_if_unexplained(error: VaultError) -> VaultError {
    if error == VaultError::Failed { VaultError::Unavailable } else { error }
}

/// Two errors carry the stored bytes: these are wiped, and no error is ever formatted.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are non-exhaustive; an unknown one explains nothing"
)]
fn classify(error: Error) -> VaultError {
    match error {
        Error::NoEntry => VaultError::Absent,
        Error::Ambiguous(_) => VaultError::Ambiguous,
        Error::TooLong(..) => VaultError::TooLarge,
        Error::NoDefaultStore => VaultError::Unavailable,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            VaultError::Unusable
        }
        Error::NoStorageAccess(cause) => classify_cause(cause.as_ref()).unwrap_or(VaultError::Denied),
        Error::PlatformFailure(cause) => classify_cause(cause.as_ref()).unwrap_or(VaultError::Failed),
        _ => VaultError::Failed,
    }
}

#[cfg(not(target_os = "linux"))]
fn classify_cause(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<VaultError> {
    None
}

/// A service without a keyring answers a search with "not found", like one with an empty keyring.
#[cfg(target_os = "linux")]
fn absent() -> VaultError {
    if super::secret_service::has_collection() { VaultError::Absent } else { VaultError::NoCollection }
}

#[cfg(not(target_os = "linux"))]
fn absent() -> VaultError {
    VaultError::Absent
}

fn report(error: Option<VaultError>) -> KeyringReport {
    match error {
        None
        | Some(VaultError::Absent | VaultError::Ambiguous | VaultError::TooLarge | VaultError::Unusable)
        // The keyring has no such errors.
        | Some(
            VaultError::ReadOnly
            | VaultError::Command(_)
            | VaultError::File(_)
            | VaultError::Credential(_)
            | VaultError::Sealed,
        ) => KeyringReport::Working,
        Some(VaultError::Unavailable | VaultError::NoCollection | VaultError::Failed) => {
            KeyringReport::Unavailable
        }
        Some(VaultError::Locked) => KeyringReport::Locked,
        Some(VaultError::Denied) => KeyringReport::Denied,
        Some(VaultError::TimedOut | VaultError::Busy) => KeyringReport::TimedOut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i08_errors_that_carry_what_was_found_say_nothing_of_it() {
        let found = || b"SECRET".to_vec();
        let broken = Box::new(std::io::Error::other("SECRET"));
        for error in [Error::BadEncoding(found()), Error::BadDataFormat(found(), broken)] {
            assert_eq!(classify(error), VaultError::Unusable);
        }
    }

    #[test]
    fn every_error_of_the_keyring_has_its_answer() {
        let cause = || Box::new(std::io::Error::other("SECRET"));
        for (error, expected) in [
            (Error::NoEntry, VaultError::Absent),
            (Error::Ambiguous(Vec::new()), VaultError::Ambiguous),
            (Error::TooLong("secret".into(), 2560), VaultError::TooLarge),
            (Error::NoDefaultStore, VaultError::Unavailable),
            (Error::NoStorageAccess(cause()), VaultError::Denied),
            (Error::PlatformFailure(cause()), VaultError::Failed),
            (Error::Invalid("user".into(), "x".into()), VaultError::Failed),
            (Error::NotSupportedByStore("x".into()), VaultError::Failed),
        ] {
            assert_eq!(classify(error), expected);
        }
    }
}
