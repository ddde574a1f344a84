//! Owns the key of a secret as the journal in the state file has it. Pure.

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::Identity;

use super::{JournalKey, NamedIdentity};
use crate::profile::request_url::RequestUrl;
use crate::profile::secret_key::SecretKey;

impl From<&SecretKey> for JournalKey {
    fn from(key: &SecretKey) -> Self {
        let identity = match key.identity.clone() {
            Identity::ApiClient(id) => NamedIdentity::ClientId(id),
            Identity::User(name) => NamedIdentity::Username(name),
            Identity::Basic(name) => NamedIdentity::BasicUsername(name),
        };
        Self { profile: key.profile.to_string(), identity, url: key.url.as_str().to_owned() }
    }
}

impl JournalKey {
    pub(super) fn key(&self) -> Option<SecretKey> {
        let profile = ProfileName::parse(&self.profile).ok()?;
        // What was stored for a loopback address may be removed from there too.
        let url = RequestUrl::parse(&self.url, true).ok()?;
        let identity = match self.identity.clone() {
            NamedIdentity::ClientId(id) => Identity::ApiClient(id),
            NamedIdentity::Username(name) => Identity::User(name),
            NamedIdentity::BasicUsername(name) => Identity::Basic(name),
        };
        Some(SecretKey { profile, identity, url })
    }
}
