//! Owns what a profile is once it has been checked: who asks which server, on which way, and where the secret
//! rests.

pub mod account;
pub mod config;
pub mod proxy;
pub mod request_url;
pub mod secret_key;
pub mod state;
pub mod validate;

use std::path::PathBuf;

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{AuthScheme, Identity, SecretSource, TotpMethod};

use crate::profile::proxy::{ProxyUrl, bypass};
use crate::profile::request_url::RequestUrl;
use crate::profile::secret_key::SecretKey;

/// One API client or user at one request URL. Every field has passed its grammar.
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
    /// Where its secret rests.
    pub secret_source: SecretSource,
    /// The way to its server.
    pub network: Network,
    /// Whether its URL may be `http` to a loopback address.
    pub insecure_http: bool,
    /// Further origins that may be given its token.
    pub also_for: Vec<RequestUrl>,
}

/// The way to a server, as far as it is a person's choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// A PEM file with the roots to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// The proxy to go through.
    pub proxy: Option<ProxyUrl>,
    /// Hosts, domains and networks that are asked without the proxy.
    pub no_proxy: Vec<String>,
}

impl Network {
    /// The proxy that a request to `url` goes through. `http` is only for a loopback server, which is asked directly.
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

    /// Whether a token request of the other one would be the same.
    pub fn asks_like(&self, other: &Self) -> bool {
        self.secret_key() == other.secret_key()
            && self.secret_source == other.secret_source
            && self.totp == other.totp
            && self.network == other.network
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

    /// Whether each trade needs a code that only a person has.
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

    /// The bytes of all its texts together.
    pub fn text_len(&self) -> usize {
        let lines = |line: &[String]| line.iter().map(|word| word.len() + 3).sum::<usize>();
        let (Identity::ApiClient(id) | Identity::User(id) | Identity::Basic(id)) = &self.identity;
        let secret = match &self.secret_source {
            SecretSource::Keyring | SecretSource::Memory => 0,
            SecretSource::Command(line) => lines(line),
            SecretSource::File(place) | SecretSource::Credential(place) => place.len(),
        };
        let codes = if let TotpMethod::Command(line) = &self.totp { lines(line) } else { 0 };
        let network = &self.network;
        let bundle = network.ca_bundle.as_ref().map_or(0, |path| path.as_os_str().len());
        let proxy = network.proxy.as_ref().map_or(0, |proxy| proxy.to_string().len());
        let origins: usize = self.also_for.iter().map(|origin| origin.as_str().len() + 3).sum();
        let names = self.name.as_str().len() + self.url.as_str().len() + id.len();
        names + secret + codes + bundle + proxy + lines(&network.no_proxy) + origins
    }

    /// Whether the secret rests where the daemon may put it, not only read it.
    pub fn keeps_secret(&self) -> bool {
        match self.secret_source {
            SecretSource::Keyring | SecretSource::Memory => true,
            SecretSource::Command(_) | SecretSource::File(_) | SecretSource::Credential(_) => false,
        }
    }
}
