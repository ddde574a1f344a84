//! Owns the key of a stored secret: its profile, its client or user, and its URL. Pure.

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::Identity;

use super::request_url::RequestUrl;

/// What names a secret. Another client or origin is another secret, so that an edited config cannot send it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretKey {
    /// Whose secret it is.
    pub profile: ProfileName,
    /// The client or user that it authenticates.
    pub identity: Identity,
    /// The only origin that it may be sent to.
    pub url: RequestUrl,
}

impl SecretKey {
    /// The key as one text, different for any two keys: `<profile> <client ID>@<origin>`, and `user:` or
    /// `basic:` before a user's name. A profile's name has no space, an origin no `@`, and a client ID no colon.
    pub fn account(&self) -> String {
        let (kind, name) = match &self.identity {
            Identity::ApiClient(id) => ("", id),
            Identity::User(name) => ("user:", name),
            Identity::Basic(name) => ("basic:", name),
        };
        format!("{} {kind}{name}@{}", self.profile, self.url)
    }

    /// The key that [`SecretKey::account`] wrote as this text.
    pub fn from_account(account: &str) -> Option<Self> {
        let (profile, identity_at_url) = account.split_once(' ')?;
        let (name, url) = identity_at_url.rsplit_once('@')?;
        let identity = match name.split_once(':') {
            None => Identity::ApiClient(name.to_owned()),
            Some(("user", name)) => Identity::User(name.to_owned()),
            Some(("basic", name)) => Identity::Basic(name.to_owned()),
            Some(_) => return None,
        };
        // A secret for a loopback address may have been stored.
        Some(Self {
            profile: ProfileName::parse(profile).ok()?,
            identity,
            url: RequestUrl::parse(url, true).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_back_from_its_account() {
        let profile = ProfileName::parse("a.b").unwrap();
        let url = RequestUrl::parse("http://[::1]:8080", true).unwrap();
        for identity in [
            Identity::ApiClient("key-1@x".into()),
            Identity::User("jo smith@example.com".into()),
            Identity::Basic("jo@example.com".into()),
        ] {
            let key = SecretKey { profile: profile.clone(), identity, url: url.clone() };
            assert_eq!(SecretKey::from_account(&key.account()), Some(key));
        }
        for other in ["", "a", "a b", "a other:b@https://a.example", "A b@https://a.example", "a b@c"] {
            assert_eq!(SecretKey::from_account(other), None, "{other}");
        }
    }
}
