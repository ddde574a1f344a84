//! Owns secrets in the system keyring, and is the only file that names the keyring crates. It must not keep a connection
//! or a secret.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::message::{ExternalKeyringItem, KeyringReport};
use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::backend::{
    KeyringError, RECORD_LIMIT, SecretBackend, SourceError, SourceFuture, require_storable,
};
#[cfg(target_os = "linux")]
use super::secret_service::{classify as classify_cause, has_collection};
use super::serial_queue::SerialQueue;
use crate::base::mutex::lock;
use crate::profile::secret_key::SecretKey;

#[cfg(windows)]
mod windows;

/// The service name of all our items.
const SERVICE: &str = "cp-token";
/// The timeout of loading a secret. A locked keyring may be waiting for a person.
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of a change, for which a person may be typing the password of the keyring.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(60);
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
/// A service name that no profile has, so that no search for secrets finds the item of a probe.
const PROBE_SERVICE: &str = "cp-token-doctor";
const PROBE_ACCOUNT: &str = "trial";
const PROBE_LABEL: &str = "cp-token doctor: a trial, no secret; may be removed";

/// The prefixes of the service names under which the official CLIs store secrets.
const SERVICE_PREFIXES: [&str; 2] = ["crashplancli::", "code42cli::"];
const MAX_NAME_LENGTH: usize = 1024;

/// The source `keyring`.
#[derive(Clone, Default)]
pub struct KeyringBackend {
    queue: SerialQueue,
    health: Arc<Mutex<KeyringReport>>,
}

impl KeyringBackend {
    /// The result of the last call.
    pub fn health(&self) -> KeyringReport {
        *lock(&self.health)
    }

    /// Stores, loads and erases an item that is made for this, to check that the keyring works.
    pub async fn probe(&self) -> Result<(), SourceError> {
        self.call(PROBE_TIMEOUT, probe).await
    }

    /// Loads a copy of the secret of another program's item.
    pub async fn load_external(&self, item: &ExternalKeyringItem) -> Result<Secret, SourceError> {
        let item = item.clone();
        // A person has asked for the import, and may have to type the password of the keyring.
        self.call(CHANGE_TIMEOUT, move || load_external(&item.service, &item.username)).await
    }

    /// Runs one call on the thread of the keyring, which records the result even after the timeout.
    async fn call<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let source = self.clone();
        let recorded = move || {
            let outcome = work();
            source.record(outcome.as_ref().err().copied());
            outcome
        };
        self.queue.call(timeout, recorded).await.unwrap_or_else(|error| {
            self.record(Some(error.into()));
            Err(error.into())
        })
    }

    fn record(&self, error: Option<SourceError>) {
        *lock(&self.health) = report(error);
    }
}

impl SecretBackend for KeyringBackend {
    fn load<'a>(&'a self, key: &'a SecretKey) -> SourceFuture<'a, Secret> {
        let key = key.clone();
        Box::pin(self.call(LOAD_TIMEOUT, move || read(&open(&key)?)))
    }

    fn store<'a>(&'a self, key: &'a SecretKey, secret: &'a Secret) -> SourceFuture<'a, ()> {
        let key = key.clone();
        let secret = Secret::copy_of(secret.expose());
        Box::pin(self.call(CHANGE_TIMEOUT, move || {
            require_storable(&secret)?;
            open(&key)?.set_secret(secret.expose()).map_err(classify)
        }))
    }

    fn erase<'a>(&'a self, key: &'a SecretKey) -> SourceFuture<'a, ()> {
        let key = key.clone();
        Box::pin(self.call(CHANGE_TIMEOUT, move || match open(&key)?.delete_credential().map_err(classify) {
            Err(SourceError::Absent) => Ok(()),
            outcome => outcome,
        }))
    }
}

#[cfg(windows)]
use windows::load_external;

#[cfg(not(windows))]
fn load_external(service: &str, username: &str) -> Result<Secret, SourceError> {
    read(&entry(service, username, None)?)
}

fn read(item: &Entry) -> Result<Secret, SourceError> {
    let bytes = match item.get_secret().map_err(classify) {
        // A service without a keyring answers a search with "not found", like one with an empty keyring.
        Err(SourceError::Absent) if !has_collection() => return Err(KeyringError::NoCollection.into()),
        found => Zeroizing::new(found?),
    };
    match bytes.len() {
        1..=RECORD_LIMIT => Ok(Secret::copy_of(&bytes)),
        _ => Err(SourceError::Unusable),
    }
}

fn open(key: &SecretKey) -> Result<Entry, SourceError> {
    entry(SERVICE, &key.account(), Some(&format!("cp-token secret for profile {}", key.profile)))
}

/// The item. A service that fails before the first request counts as unavailable.
fn entry(service: &str, username: &str, label: Option<&str>) -> Result<Entry, SourceError> {
    new_entry(service, username, label).map_err(|error| {
        let error = classify(error);
        if error == KeyringError::Failed.into() { KeyringError::Unavailable.into() } else { error }
    })
}

/// The item, over a connection of its own: `Entry::new` would keep the connection, or the lack of one. A new item gets
/// the label.
#[cfg(target_os = "linux")]
fn new_entry(service: &str, username: &str, label: Option<&str>) -> Result<Entry, Error> {
    use keyring_core::api::CredentialStoreApi;

    let modifiers = label.map(|label| ("label", label)).into_iter().collect();
    let store = zbus_secret_service_keyring_store::Store::new()?;
    Ok(Entry { inner: store.build(service, username, Some(&modifiers))? })
}

#[cfg(windows)]
fn new_entry(service: &str, username: &str, _: Option<&str>) -> Result<Entry, Error> {
    Ok(Entry { inner: windows::entry(service, username)? })
}

#[cfg(not(any(target_os = "linux", windows)))]
fn new_entry(service: &str, username: &str, _: Option<&str>) -> Result<Entry, Error> {
    Entry::new(service, username)
}

/// Checks that an item can be stored, loaded and erased. An item that an aborted check has left is replaced.
fn probe() -> Result<(), SourceError> {
    let item = entry(PROBE_SERVICE, PROBE_ACCOUNT, Some(PROBE_LABEL))?;
    let mark = format!("a trial, no secret: {:016x}", RandomState::new().build_hasher().finish());
    item.set_secret(mark.as_bytes()).map_err(classify)?;
    let found = item.get_secret().map_err(classify);
    let removed = item.delete_credential().map_err(classify);
    let is_same = found? == mark.as_bytes();
    removed?;
    if is_same { Ok(()) } else { Err(KeyringError::Failed.into()) }
}

/// Two errors carry the stored bytes: these are wiped, and no error is ever formatted.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are non-exhaustive; an unknown one explains nothing"
)]
fn classify(error: Error) -> SourceError {
    let error = match error {
        Error::NoEntry => return SourceError::Absent,
        Error::TooLong(..) => return SourceError::TooLarge,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            return SourceError::Unusable;
        }
        Error::NoStorageAccess(cause) => {
            return classify_cause(cause.as_ref()).unwrap_or(KeyringError::Denied.into());
        }
        Error::PlatformFailure(cause) => {
            return classify_cause(cause.as_ref()).unwrap_or(KeyringError::Failed.into());
        }
        Error::Ambiguous(_) => KeyringError::Ambiguous,
        Error::NoDefaultStore => KeyringError::Unavailable,
        _ => KeyringError::Failed,
    };
    error.into()
}

#[cfg(not(target_os = "linux"))]
fn classify_cause(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<SourceError> {
    None
}

#[cfg(not(target_os = "linux"))]
fn has_collection() -> bool {
    true
}

/// Accepts only items of an official CLI, so that a client cannot have the daemon read every item of the keyring.
pub fn check_external_item(item: &ExternalKeyringItem) -> Result<(), &'static str> {
    let is_of_official_cli = SERVICE_PREFIXES.iter().any(|start| item.service.starts_with(start));
    let fits = |text: &str| (1..=MAX_NAME_LENGTH).contains(&text.len()) && !text.contains('\0');
    let is_accepted = is_of_official_cli && fits(&item.service) && fits(&item.username);
    is_accepted.then_some(()).ok_or("only items of crashplancli and code42cli are taken over")
}

/// An error that is not the keyring's own shows that the keyring works.
fn report(error: Option<SourceError>) -> KeyringReport {
    let Some(SourceError::Keyring(error)) = error else { return KeyringReport::Working };
    match error {
        KeyringError::Ambiguous => KeyringReport::Working,
        KeyringError::Unavailable | KeyringError::NoCollection | KeyringError::Failed => {
            KeyringReport::Unavailable
        }
        KeyringError::Locked => KeyringReport::Locked,
        KeyringError::Denied => KeyringReport::Denied,
        KeyringError::TimedOut | KeyringError::Busy => KeyringReport::TimedOut,
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
            assert_eq!(classify(error), SourceError::Unusable);
        }
    }

    #[test]
    fn every_error_of_the_keyring_has_its_answer() {
        let cause = || Box::new(std::io::Error::other("SECRET"));
        for (error, expected) in [
            (Error::NoEntry, SourceError::Absent),
            (Error::Ambiguous(Vec::new()), KeyringError::Ambiguous.into()),
            (Error::TooLong("secret".into(), 2560), SourceError::TooLarge),
            (Error::NoDefaultStore, KeyringError::Unavailable.into()),
            (Error::NoStorageAccess(cause()), KeyringError::Denied.into()),
            (Error::PlatformFailure(cause()), KeyringError::Failed.into()),
            (Error::Invalid("user".into(), "x".into()), KeyringError::Failed.into()),
            (Error::NotSupportedByStore("x".into()), KeyringError::Failed.into()),
        ] {
            assert_eq!(classify(error), expected);
        }
    }

    #[test]
    fn no_item_but_those_of_the_official_clis_is_looked_at() {
        let check = |service: &str, username: &str| {
            check_external_item(&ExternalKeyringItem { service: service.into(), username: username.into() })
        };
        assert_eq!(check("crashplancli::prod", "key-1"), Ok(()));
        assert_eq!(check("code42cli::A Person", "Alex.Doe@example.com"), Ok(()));
        let long = "x".repeat(MAX_NAME_LENGTH + 1);
        for (service, username) in [
            ("cp-token", "prod key-1@https://a.example"),
            ("crashplancli", "x"),
            ("login crashplancli::prod", "x"),
            ("", "x"),
            ("crashplancli::prod", ""),
            ("crashplancli::a\0b", "x"),
            ("crashplancli::prod", long.as_str()),
        ] {
            assert!(check(service, username).is_err(), "{service:?} {username:.20}");
        }
    }
}
