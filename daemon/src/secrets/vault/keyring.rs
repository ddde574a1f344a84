//! Owns secrets that rest in the system's keyring, and is the only file that names the keyring crates. It must
//! not keep a connection, an answer or a secret, nor delete anything that it was not asked to.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::message::{ExternalKeyringItem, KeyringReport};
use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::backend::{SECRET_LIMIT, SecretBackend, VaultError, require_storable};
use super::external::ExternalItems;
use super::serial_queue::SerialQueue;
use crate::base::mutex::lock;
use crate::profile::secret_key::SecretKey;

mod probe;
#[cfg(windows)]
mod windows;

/// What all our items have in common.
const SERVICE: &str = "cp-token";
/// The longest wait for a secret. A call that meets a locked keyring may be waiting for a person.
const LOAD_DEADLINE: Duration = Duration::from_secs(5);
/// The longest wait for a change, which a person has just asked for and may be typing a password for.
const CHANGE_DEADLINE: Duration = Duration::from_secs(60);
/// The longest wait for a trial of it.
const PROBE_DEADLINE: Duration = Duration::from_secs(10);

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
    /// What the keyring did when it was last asked.
    pub fn health(&self) -> KeyringReport {
        *lock(&self.health)
    }

    /// Tries whether the keyring takes, gives back and lets go of an item, which is made for this and taken away.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn probe(&self) -> Result<(), VaultError> {
        self.call(PROBE_DEADLINE, probe::probe).await
    }

    /// One call on the keyring's own thread. The thread notes the outcome, so that a call which ends after its
    /// deadline still mends the report.
    async fn call<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let source = self.clone();
        let noted = move || {
            let outcome = work();
            source.note(outcome.as_ref().err().copied());
            outcome
        };
        match self.queue.call(deadline, noted).await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.note(Some(error));
                Err(error)
            }
        }
    }

    fn note(&self, error: Option<VaultError>) {
        *lock(&self.health) = report(error);
    }
}

impl SecretBackend for KeyringBackend {
    fn load<'a>(
        &'a self,
        key: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        let key = key.clone();
        Box::pin(self.call(LOAD_DEADLINE, move || load(&key)))
    }

    fn store<'a>(
        &'a self,
        key: &'a SecretKey,
        secret: &'a Secret,
    ) -> Pin<Box<dyn Future<Output = Result<(), VaultError>> + Send + 'a>> {
        let key = key.clone();
        let secret = Secret::copy_of(secret.expose());
        Box::pin(self.call(CHANGE_DEADLINE, move || store(&key, &secret)))
    }

    fn erase<'a>(
        &'a self,
        key: &'a SecretKey,
    ) -> Pin<Box<dyn Future<Output = Result<(), VaultError>> + Send + 'a>> {
        let key = key.clone();
        Box::pin(self.call(CHANGE_DEADLINE, move || erase(&key)))
    }
}

impl ExternalItems for KeyringBackend {
    fn load_external<'a>(
        &'a self,
        item: &'a ExternalKeyringItem,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>> {
        let item = item.clone();
        // A person has asked for it, and the keyring may ask back for its password.
        Box::pin(self.call(CHANGE_DEADLINE, move || load_external(&item)))
    }
}

fn load(key: &SecretKey) -> Result<Secret, VaultError> {
    read(&open(key)?)
}

#[cfg(not(windows))]
fn load_external(item: &ExternalKeyringItem) -> Result<Secret, VaultError> {
    read(&named(&item.service, &item.username, None)?)
}

#[cfg(windows)]
fn load_external(item: &ExternalKeyringItem) -> Result<Secret, VaultError> {
    windows::foreign(&item.service, &item.username)
}

fn read(item: &Entry) -> Result<Secret, VaultError> {
    let found = item.get_secret().map_err(classify);
    let bytes = match found {
        Err(VaultError::Absent) => return Err(why_absent()),
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
    named(SERVICE, &key.account(), Some(&format!("cp-token secret for profile {}", key.profile)))
}

/// The item, through a connection of its own: `Entry::new` would look for a keyring once per process and hold
/// on to what it found, be it a connection or none. An item that is made gets the label.
#[cfg(target_os = "linux")]
fn named(service: &str, username: &str, label: Option<&str>) -> Result<Entry, VaultError> {
    use keyring_core::api::CredentialStoreApi;

    let modifiers = label.map(|label| ("label", label)).into_iter().collect();
    let store = zbus_secret_service_keyring_store::Store::new();
    let inner = store.and_then(|store| store.build(service, username, Some(&modifiers)));
    inner.map(|inner| Entry { inner }).map_err(|error| unavailable_if_unexplained(classify(error)))
}

#[cfg(windows)]
fn named(service: &str, username: &str, _: Option<&str>) -> Result<Entry, VaultError> {
    let inner = windows::named(service, username);
    inner.map(|inner| Entry { inner }).map_err(|error| unavailable_if_unexplained(classify(error)))
}

#[cfg(not(any(target_os = "linux", windows)))]
fn named(service: &str, username: &str, _: Option<&str>) -> Result<Entry, VaultError> {
    Entry::new(service, username).map_err(|error| unavailable_if_unexplained(classify(error)))
}

/// A service that fails before it was asked for anything is as good as none.
fn unavailable_if_unexplained(error: VaultError) -> VaultError {
    if error == VaultError::Failed { VaultError::Unavailable } else { error }
}

/// Two errors carry the bytes that were found: those are wiped, and no error is ever formatted.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are open-ended; an unknown one explains nothing"
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
        Error::NoStorageAccess(cause) => classify_platform(cause.as_ref(), VaultError::Denied),
        Error::PlatformFailure(cause) => classify_platform(cause.as_ref(), VaultError::Failed),
        _ => VaultError::Failed,
    }
}

#[cfg(target_os = "linux")]
fn classify_platform(
    cause: &(dyn std::error::Error + Send + Sync + 'static),
    otherwise: VaultError,
) -> VaultError {
    super::secret_service::classify(cause).unwrap_or(otherwise)
}

#[cfg(not(target_os = "linux"))]
fn classify_platform(
    _: &(dyn std::error::Error + Send + Sync + 'static),
    otherwise: VaultError,
) -> VaultError {
    otherwise
}

/// A service without any keyring answers a search with "nothing found", as one with an empty keyring does.
#[cfg(target_os = "linux")]
fn why_absent() -> VaultError {
    if super::secret_service::has_collection() { VaultError::Absent } else { VaultError::NoCollection }
}

#[cfg(not(target_os = "linux"))]
fn why_absent() -> VaultError {
    VaultError::Absent
}

fn report(error: Option<VaultError>) -> KeyringReport {
    match error {
        None
        | Some(VaultError::Absent | VaultError::Ambiguous | VaultError::TooLarge | VaultError::Unusable)
        // No keyring says these.
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
