//! Owns the messages about profiles: new ones, changes, reports.

use crate::wire::{Decode, Encode};
use crate::{ProfileName, Secret};

/// A new profile, complete.
#[derive(Debug, Encode, Decode)]
pub struct ProfileCreate {
    /// Its name.
    pub name: ProfileName,
    /// Its request URL, an origin without a path.
    pub url: String,
    /// Its identity at the server.
    pub identity: Identity,
    /// Where its secret is stored.
    pub secret_source: SecretSource,
    /// The secret to store there; empty for a source that the daemon does not write.
    pub secret: SecretParts,
    /// Absolute path of a PEM file with the roots to trust instead of the system's.
    pub ca_bundle: Option<String>,
    /// Allow `http` to a loopback address.
    pub insecure_http: bool,
    /// Verify the secret with one token request before anything is stored.
    pub verify: bool,
    /// Where one-time codes come from.
    pub totp: TotpMethod,
    /// A one-time code for the verification, if codes are asked for.
    pub code: Option<Secret>,
    /// The proxy, `http://[USER@]HOST:PORT`.
    pub proxy: Option<String>,
    /// Hosts that are reached without the proxy.
    pub no_proxy: Vec<String>,
    /// An item of another program in the system keyring, whose secret is copied; no secret is given then.
    pub external_item: Option<ExternalKeyringItem>,
    /// Check everything that needs neither the server nor a change, and change nothing. The secret may be missing.
    pub dry_run: bool,
}

/// The name of a secret that an official CLI keeps in the system keyring.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ExternalKeyringItem {
    /// The service, `crashplancli::` or `code42cli::` and that program's name of the profile.
    pub service: String,
    /// The user name, as that program has it.
    pub username: String,
}

/// What a secret source stores for one profile; absent parts stay unchanged.
#[derive(Debug, Default, Encode, Decode)]
pub struct SecretParts {
    /// The client secret or the password.
    pub secret: Option<Secret>,
    /// The seed of the one-time codes: base32, or an `otpauth://totp/` URI.
    pub totp_seed: Option<Secret>,
    /// The password of the proxy's user.
    pub proxy_password: Option<Secret>,
}

impl SecretParts {
    /// Whether no part is given.
    pub fn is_empty(&self) -> bool {
        [&self.secret, &self.totp_seed, &self.proxy_password].iter().all(|part| part.is_none())
    }
}

/// The identity of a profile at the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Identity {
    /// An API client, by its client ID.
    ApiClient(String),
    /// A user, by name; tokens are requested with the password.
    User(String),
    /// A user, by name; the password is sent with every request.
    Basic(String),
}

/// Where one-time codes (RFC 6238) come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub enum TotpMethod {
    /// The user has none.
    #[default]
    None,
    /// The helper asks a person.
    Ask,
    /// A program prints the code; its absolute path and its arguments.
    Command(Vec<String>),
    /// The daemon computes it from the seed beside the password.
    Stored,
}

/// Where a profile's secret is stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum SecretSource {
    /// The system keyring.
    Keyring,
    /// The daemon's memory; lost when the daemon ends.
    Memory,
    /// A program prints it; its absolute path and its arguments.
    Command(Vec<String>),
    /// A private file of the user, by its absolute path.
    File(String),
    /// A file in `$CREDENTIALS_DIRECTORY`, by its name.
    Credential(String),
}

impl SecretSource {
    /// Whether cp-token stores the secret there itself, and does not only read it.
    pub fn is_writable(&self) -> bool {
        match self {
            Self::Keyring | Self::Memory => true,
            Self::Command(_) | Self::File(_) | Self::Credential(_) => false,
        }
    }
}

/// Changes to a profile; absent fields stay unchanged.
#[derive(Debug, Encode, Decode)]
pub struct ProfileUpdate {
    /// Which profile.
    pub name: ProfileName,
    /// A new request URL.
    pub url: Option<String>,
    /// A new identity.
    pub identity: Option<Identity>,
    /// Where the secret is stored from now on.
    pub secret_source: Option<SecretSource>,
    /// The new secret, which a new identity needs.
    pub secret: SecretParts,
    /// A new CA bundle; an empty path removes it.
    pub ca_bundle: Option<String>,
    /// Allow or forbid `http` to a loopback address.
    pub insecure_http: Option<bool>,
    /// Further origins that may be given this profile's token.
    pub also_for: Vec<String>,
    /// Further origins to remove.
    pub not_for: Vec<String>,
    /// Verify the result with one token request before anything is stored.
    pub verify: bool,
    /// Another source of one-time codes.
    pub totp: Option<TotpMethod>,
    /// A one-time code for the verification, if codes are asked for.
    pub code: Option<Secret>,
    /// Another proxy; an empty text removes it.
    pub proxy: Option<String>,
    /// Other hosts that are reached without the proxy.
    pub no_proxy: Option<Vec<String>>,
    /// As in [`ProfileCreate::dry_run`].
    pub dry_run: bool,
}

/// A new secret for a profile.
#[derive(Debug, Encode, Decode)]
pub struct ProfileResetSecret {
    /// Which profile.
    pub name: ProfileName,
    /// The new secret; empty for a source that the daemon does not write, which is then read again.
    pub secret: SecretParts,
    /// Verify it with one token request before the old one is replaced.
    pub verify: bool,
    /// A one-time code for the verification, if codes are asked for.
    pub code: Option<Secret>,
    /// As in [`ProfileCreate::dry_run`].
    pub dry_run: bool,
}

/// Which part of the profiles.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfileListRequest {
    /// The `next` of the page before; absent: the first page. The profile need not exist any more.
    pub after: Option<ProfileName>,
}

/// A part of the profiles.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfilePage {
    /// Sorted by name.
    pub profiles: Vec<ProfileReport>,
    /// The `after` of the request for the next page; absent on the last.
    pub next: Option<ProfileName>,
}

/// One profile, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfileReport {
    /// Its name.
    pub name: ProfileName,
    /// Its request URL.
    pub url: String,
    /// Its identity at the server.
    pub identity: Identity,
    /// Where its secret is stored.
    pub secret_source: SecretSource,
    /// Its CA bundle.
    pub ca_bundle: Option<String>,
    /// Whether it may use `http` to a loopback address.
    pub insecure_http: bool,
    /// Further origins that may be given its token.
    pub also_for: Vec<String>,
    /// Whether it is the default.
    pub is_default: bool,
    /// When it was created, in seconds since 1970; absent if it was written by hand.
    pub created: Option<u64>,
    /// When the server last issued a token for its secret, in seconds since 1970.
    pub last_token_at: Option<u64>,
    /// Its token.
    pub token: TokenState,
    /// Where its one-time codes come from.
    pub totp: TotpMethod,
    /// The proxy, without a password.
    pub proxy: Option<String>,
    /// Hosts that are reached without the proxy.
    pub no_proxy: Vec<String>,
    /// The life of its live token when it was issued, in milliseconds, less the safety margin.
    pub token_life_ms: Option<u64>,
    /// Its secret. A token stays valid after its secret is refused.
    pub secret: SecretState,
}

/// The state of a profile's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum TokenState {
    /// None is held or being requested.
    Absent,
    /// Held; milliseconds of life left, less the safety margin.
    Live(u64),
    /// The first one is being requested.
    Requesting,
    /// The last request failed; milliseconds until the next.
    CoolingDown(u64),
}

/// The state of a profile's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum SecretState {
    /// It was not refused.
    Usable,
    /// The server refused it, in seconds since 1970; no token is requested until it changes.
    Refused(u64),
}
