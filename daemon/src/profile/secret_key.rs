//! Owns what a secret is stored under: its profile, whose it is, and the URL it is for.

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::Identity;

use super::request_url::RequestUrl;

/// What names a secret: the profile, and the client and origin that it was entered for.
///
/// Another client or origin is another secret, so that an edited config file cannot send it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretKey {
    /// Whose secret it is.
    pub profile: ProfileName,
    /// Which client it proves.
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
}
