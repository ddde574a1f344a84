//! Owns what is said of profiles: new ones, changes to them, and how they are shown.

use crate::wire::{Decode, Encode};
use crate::{ProfileName, Secret};

/// A new profile, complete.
#[derive(Debug, Encode, Decode)]
pub struct ProfileCreate {
    /// Its name.
    pub name: ProfileName,
    /// Its request URL, an origin without a path.
    pub url: String,
    /// Who it is to the server.
    pub identity: Identity,
    /// Where its secret rests.
    pub secret_source: SecretSource,
    /// What is to rest there; nothing where the location is somebody else's to fill.
    pub secret: SecretParts,
    /// Absolute path of a PEM file with the roots to trust instead of the system's.
    pub ca_bundle: Option<String>,
    /// Allow `http` to a loopback address.
    pub insecure_http: bool,
    /// Prove the secret with one token request before anything is stored.
    pub verify: bool,
    /// Where one-time codes come from.
    pub totp: TotpMethod,
    /// A one-time code for the proof, where codes are asked for.
    pub code: Option<Secret>,
    /// The proxy to go through, `http://[USER@]HOST:PORT`.
    pub proxy: Option<String>,
    /// Hosts that are asked without the proxy.
    pub no_proxy: Vec<String>,
    /// An item of another program in the system keyring, whose secret is taken over; no secret is given then.
    pub external_item: Option<ExternalKeyringItem>,
    /// Check everything that needs neither the server nor a change, and do nothing. A secret that the profile would keep may
    /// be missing: then it is everything but that.
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

/// What rests in a secret source for one profile; what is absent stays as it is there.
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

/// Who a profile is to the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Identity {
    /// An API client, by its client ID.
    ApiClient(String),
    /// A user, by name; the password is traded for a token.
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
    /// A person is asked, by the helper.
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
    /// A file of the user's alone, by its absolute path.
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

/// Changes to a profile; what is absent stays.
#[derive(Debug, Encode, Decode)]
pub struct ProfileUpdate {
    /// Which profile.
    pub name: ProfileName,
    /// A new request URL.
    pub url: Option<String>,
    /// A new identity, which needs a new secret.
    pub identity: Option<Identity>,
    /// Where the secret is to be stored from now on.
    pub secret_source: Option<SecretSource>,
    /// What is new of what rests there. A new identity needs a new secret.
    pub secret: SecretParts,
    /// A new CA bundle; an empty path takes it away.
    pub ca_bundle: Option<String>,
    /// Allow or forbid `http` to a loopback address.
    pub insecure_http: Option<bool>,
    /// Further origins that may be given this profile's token.
    pub also_for: Vec<String>,
    /// Further origins to take back.
    pub not_for: Vec<String>,
    /// Prove the outcome with one token request before anything is stored.
    pub verify: bool,
    /// Another way to one-time codes.
    pub totp: Option<TotpMethod>,
    /// A one-time code for the proof, where codes are asked for.
    pub code: Option<Secret>,
    /// Another proxy; an empty text takes it away.
    pub proxy: Option<String>,
    /// Other hosts that are asked without the proxy.
    pub no_proxy: Option<Vec<String>>,
    /// As in [`ProfileCreate::dry_run`].
    pub dry_run: bool,
}

/// A new secret for a profile.
#[derive(Debug, Encode, Decode)]
pub struct ProfileResetSecret {
    /// Which profile.
    pub name: ProfileName,
    /// What is new; nothing where the location is somebody else's to fill, and is to be looked at anew.
    pub secret: SecretParts,
    /// Prove it with one token request before the old one is replaced.
    pub verify: bool,
    /// A one-time code for the proof, where codes are asked for.
    pub code: Option<Secret>,
    /// As in [`ProfileCreate::dry_run`].
    pub dry_run: bool,
}

/// Which part of the profiles.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfileListRequest {
    /// The `next` of the page before; absent: the first page. It need not be a profile any more.
    pub after: Option<ProfileName>,
}

/// A part of the profiles.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfilePage {
    /// Sorted by name.
    pub profiles: Vec<ProfileReport>,
    /// What to ask for the next page with; absent: this is the last.
    pub next: Option<ProfileName>,
}

/// One profile, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfileReport {
    /// Its name.
    pub name: ProfileName,
    /// Its request URL.
    pub url: String,
    /// Who it is to the server.
    pub identity: Identity,
    /// Where its secret rests.
    pub secret_source: SecretSource,
    /// Its CA bundle, where it has one.
    pub ca_bundle: Option<String>,
    /// Whether it may use `http` to a loopback address.
    pub insecure_http: bool,
    /// Further origins that may be given its token.
    pub also_for: Vec<String>,
    /// Whether it is the default.
    pub is_default: bool,
    /// When it was created, in seconds since 1970; absent for one written by hand.
    pub created: Option<u64>,
    /// When its secret was last traded for a token, in seconds since 1970.
    pub last_token_at: Option<u64>,
    /// Its token.
    pub token: TokenState,
    /// Where its one-time codes come from.
    pub totp: TotpMethod,
    /// The proxy it goes through, without a password.
    pub proxy: Option<String>,
    /// Hosts that it asks without the proxy.
    pub no_proxy: Vec<String>,
    /// The life that a live token had when it was issued, in milliseconds, less the safety margin.
    pub token_life_ms: Option<u64>,
    /// Its secret. A token outlives the refusal of the secret that it came from.
    pub secret: SecretState,
}

/// What a profile's token is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum TokenState {
    /// None is held, and none was asked for.
    Absent,
    /// One is held; milliseconds of life left, less the safety margin.
    Live(u64),
    /// None is held, and one is being requested.
    Requesting,
    /// The last request failed; milliseconds until the next may be made.
    CoolingDown(u64),
}

/// What is known of a profile's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum SecretState {
    /// Nothing speaks against it.
    Usable,
    /// The server has refused it, at that time in seconds since 1970; nothing is requested until it changes.
    Refused(u64),
}
