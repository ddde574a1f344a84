//! Owns what a profile is once it has been checked: who asks which server, and where the secret rests.

use std::path::PathBuf;

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{Identity, SecretSourceKind};

use crate::request_url::RequestUrl;
use crate::vault::SecretKey;

/// One API client at one request URL. Every field has passed its grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// Its request URL.
    pub url: RequestUrl,
    /// Who it is to the server.
    pub identity: Identity,
    /// Where its secret rests.
    pub secret_source: SecretSourceKind,
    /// A PEM file with the roots to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Whether its URL may be `http` to a loopback address.
    pub insecure_http: bool,
    /// Further origins that may be given its token.
    pub also_for: Vec<RequestUrl>,
}

impl Profile {
    /// The key of its secret, bound to the client and the server that the secret was entered for.
    pub fn secret_key(&self) -> SecretKey {
        SecretKey { profile: self.name.clone(), identity: self.identity.clone(), url: self.url.clone() }
    }

    /// Whether a caller that names `url` means this profile.
    pub fn answers_for(&self, url: &RequestUrl) -> bool {
        self.url == *url || self.also_for.contains(url)
    }
}
