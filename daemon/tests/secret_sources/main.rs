//! Promises of every place where secrets rest, kept by the daemon's memory, a real keyring, and sources that
//! others fill, alike.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod folder;
mod memory;
mod suite;

#[cfg(target_os = "linux")]
mod bus_monitor;
#[cfg(target_os = "linux")]
mod external_source;
#[cfg(target_os = "linux")]
mod keyring;
#[cfg(target_os = "linux")]
mod session;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{ProfileName, Secret};
use cp_tokend::profile::request_url::RequestUrl;
use cp_tokend::profile::secret_key::SecretKey;
use cp_tokend::secrets::sources::{SecretBackend, SourceError};

/// The key of that profile's secret, for a client and an origin that all tests share.
fn key(profile: &str) -> SecretKey {
    SecretKey {
        profile: ProfileName::parse(profile).unwrap(),
        identity: Identity::ApiClient("key-42".to_owned()),
        url: RequestUrl::parse("https://crashplan.example", false).unwrap(),
    }
}

async fn store(source: &dyn SecretBackend, key: &SecretKey, bytes: &[u8]) -> Result<(), SourceError> {
    source.store(key, &Secret::copy_of(bytes)).await
}

async fn load(source: &dyn SecretBackend, key: &SecretKey) -> Result<Vec<u8>, SourceError> {
    source.load(key).await.map(|secret| secret.expose().to_vec())
}
