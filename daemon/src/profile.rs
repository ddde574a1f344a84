//! Owns what a valid profile is: who asks which server, with which network settings, and where the secret is stored.

pub mod account;
pub mod config;
pub mod proxy;
pub mod request_url;
pub mod secret_key;
pub mod state;
pub mod validate;

use std::path::{Path, PathBuf};

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{AuthScheme, Identity, SecretSource, TotpMethod};

use crate::profile::proxy::{ProxyUrl, ProxyUrlError, bypass};
use crate::profile::request_url::RequestUrl;
use crate::profile::secret_key::SecretKey;

/// One API client or user at one request URL. Every field is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// Its request URL.
    pub url: RequestUrl,
    /// Who it is to the server.
    pub identity: Identity,
    /// Where its one-time codes come from.
    pub totp: TotpMethod,
    /// Where its secret is stored.
    pub secret_source: SecretSource,
    /// How its server is reached.
    pub network: Network,
    /// Whether its URL may be `http` to a loopback address.
    pub insecure_http: bool,
    /// Further origins that may be given its token.
    pub also_for: Vec<RequestUrl>,
}

/// Proxy and CA settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// A PEM file with the roots to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// The proxy to go through.
    pub proxy: Option<ProxyUrl>,
    /// Hosts, domains and networks that are reached without the proxy.
    pub no_proxy: Vec<String>,
}

/// Why proxy or CA settings are not valid.
#[derive(Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// The path of the CA bundle is not absolute.
    CaBundle,
    /// The proxy's address is not valid.
    Proxy(ProxyUrlError),
    /// An entry of `no_proxy` is not valid: one clause that says what is.
    NoProxy(&'static str),
}

impl Network {
    /// These settings with changes: an absent value leaves a setting as it is, and an empty one removes it. Fails at the
    /// first value that is not valid.
    pub fn with(
        &self,
        ca_bundle: Option<&Path>,
        proxy: Option<&str>,
        no_proxy: Option<&[String]>,
    ) -> Result<Self, NetworkError> {
        let mut new = self.clone();
        if let Some(path) = ca_bundle {
            let is_empty = path.as_os_str().is_empty();
            if !is_empty && !path.is_absolute() {
                return Err(NetworkError::CaBundle);
            }
            new.ca_bundle = (!is_empty).then(|| path.to_owned());
        }
        if let Some(address) = proxy {
            let address = Some(address).filter(|address| !address.is_empty());
            new.proxy = address.map(ProxyUrl::parse).transpose().map_err(NetworkError::Proxy)?;
        }
        if let Some(hosts) = no_proxy {
            validate::check_hosts(hosts).map_err(NetworkError::NoProxy)?;
            new.no_proxy = hosts.to_vec();
        }
        Ok(new)
    }

    /// The proxy for a request to `url`. `http` is only for a loopback server, which needs no proxy.
    pub fn proxy_for(&self, url: &RequestUrl) -> Option<&ProxyUrl> {
        let is_direct = !url.as_str().starts_with("https:") || bypass::covers(&self.no_proxy, url);
        self.proxy.as_ref().filter(|_| !is_direct)
    }
}

impl Profile {
    /// The key of its secret, bound to the client and the server that the secret was entered for.
    pub fn secret_key(&self) -> SecretKey {
        SecretKey { profile: self.name.clone(), identity: self.identity.clone(), url: self.url.clone() }
    }

    /// Whether the other profile has the same secret at the same source.
    pub fn has_same_secret(&self, other: &Self) -> bool {
        self.secret_key() == other.secret_key() && self.secret_source == other.secret_source
    }

    /// Whether a token request of the other profile would be the same.
    pub fn has_same_token_request(&self, other: &Self) -> bool {
        self.has_same_secret(other) && self.totp == other.totp && self.network == other.network
    }

    /// Whether a caller that names `url` means this profile.
    pub fn answers_for(&self, url: &RequestUrl) -> bool {
        self.url == *url || self.also_for.contains(url)
    }

    /// Whether a caller that names `name` means this profile, or the client or user that it is.
    pub fn matches_name(&self, name: &str) -> bool {
        let (Identity::ApiClient(id) | Identity::User(id) | Identity::Basic(id)) = &self.identity;
        self.name.as_str() == name || id == name
    }

    /// Whether each token request needs a code that only a person has.
    pub fn needs_code(&self) -> bool {
        self.totp == TotpMethod::Ask
    }

    /// Whether the server is sent user name and password with every request, and no token.
    pub fn is_basic_auth(&self) -> bool {
        matches!(self.identity, Identity::Basic(_))
    }

    /// How what is handed out is presented to the API.
    pub fn scheme(&self) -> AuthScheme {
        if self.is_basic_auth() { AuthScheme::Basic } else { AuthScheme::Bearer }
    }
}
