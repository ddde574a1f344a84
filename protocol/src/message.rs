//! Owns the bodies of every request and response of protocol version 1. Variants and fields are
//! append-only within an unreleased version and frozen once released; their bytes are in `tests/golden`.

use std::sync::Arc;

use crate::wire::{Decode, Encode};
use crate::{AccessToken, Failure, ProfileName, Secret};

/// What the helper asks. One request per connection.
#[derive(Debug, Encode, Decode)]
pub enum Request {
    /// A valid access token.
    AccessToken(AccessTokenRequest),
    /// The daemon, its protections and every profile.
    Status,
    /// Drop live tokens, and let a refused secret be tried once more.
    Forget(ForgetScope),
    /// The profiles alone, without the daemon's protections.
    ProfileList,
    /// A new profile.
    ProfileCreate(ProfileCreate),
    /// Changes to a profile.
    ProfileUpdate(ProfileUpdate),
    /// A new secret for a profile.
    ProfileResetSecret(ProfileResetSecret),
    /// Remove a profile and its secret.
    ProfileDelete(ProfileName),
    /// Make a profile the default.
    ProfileUse(ProfileName),
    /// Read the config file again.
    Reload,
    /// Stop in order. The connection stays open until the daemon has let go of its lock.
    Stop,
}

/// A request for one access token.
#[derive(Debug, Encode, Decode)]
pub struct AccessTokenRequest {
    /// Whose token.
    pub profile: ProfileSelector,
    /// What counts as good enough.
    pub demand: Demand,
    /// The life the token must have left, in milliseconds; absent: the daemon's own safety margin.
    pub min_validity_ms: Option<u64>,
    /// How long the caller waits, in milliseconds; the daemon answers by then.
    pub timeout_ms: u64,
}

/// How the caller names a profile.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ProfileSelector {
    /// The default, else the only one.
    Default,
    /// By name.
    Named(ProfileName),
    /// By its request URL: scheme, host and port must be equal.
    Url(String),
}

/// Which token satisfies the caller.
#[derive(Debug, Encode, Decode)]
pub enum Demand {
    /// Any that lives long enough.
    Valid,
    /// Any but this one, which the API has answered 401 to.
    Rejected(AccessToken),
    /// One that is issued after this request.
    Fresh,
}

/// Whose live tokens to drop.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ForgetScope {
    /// One profile's.
    Profile(ProfileSelector),
    /// Everybody's.
    All,
}

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
    pub secret_source: SecretSourceKind,
    /// The secret itself.
    pub secret: Secret,
    /// Absolute path of a PEM file with the roots to trust instead of the system's.
    pub ca_bundle: Option<String>,
    /// Allow `http` to a loopback address.
    pub insecure_http: bool,
    /// Prove the secret with one token request before anything is stored.
    pub verify: bool,
}

/// Who a profile is to the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Identity {
    /// An API client, by its client ID.
    ApiClient(String),
}

/// Where a profile's secret rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum SecretSourceKind {
    /// The system keyring.
    Keyring,
    /// The daemon's memory; lost when the daemon ends.
    Memory,
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
    /// Where the secret is to rest from now on.
    pub secret_source: Option<SecretSourceKind>,
    /// A new secret, for a new identity.
    pub secret: Option<Secret>,
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
}

/// A new secret for a profile.
#[derive(Debug, Encode, Decode)]
pub struct ProfileResetSecret {
    /// Which profile.
    pub name: ProfileName,
    /// The new secret.
    pub secret: Secret,
    /// Prove it with one token request before the old one is replaced.
    pub verify: bool,
}

/// What the daemon answers.
#[derive(Debug, Encode, Decode)]
pub enum Response {
    /// The answer takes a while; another frame follows. Sent at once and then every second.
    Working,
    /// A token, with everything that is known of it from the one answer it came in.
    Token(TokenGrant),
    /// The daemon and its profiles.
    Status(StatusReport),
    /// The profiles.
    Profiles(Vec<ProfileReport>),
    /// It is done; what a person may want to know of it, a line each.
    Done(Vec<String>),
    /// It is not done.
    Failure(Failure),
}

/// A token as it is handed out.
#[derive(Debug, Encode, Decode)]
pub struct TokenGrant {
    /// The token. Shared, so that the daemon hands it out without a copy.
    pub access_token: Arc<AccessToken>,
    /// Its life from now on in milliseconds, already less the safety margin.
    pub expires_in_ms: u64,
    /// The end of that life in seconds since 1970, UTC.
    pub expires_at: u64,
    /// Whose it is.
    pub profile: ProfileName,
    /// The profile's request URL.
    pub url: String,
}

/// The daemon's own account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StatusReport {
    /// The daemon's package version.
    pub version: String,
    /// The protocol version it speaks.
    pub protocol: u16,
    /// Its process number; for people, never for decisions.
    pub pid: u32,
    /// Seconds since it became ready.
    pub uptime_s: u64,
    /// Where it listens.
    pub socket: String,
    /// The config file in force.
    pub config_file: String,
    /// What is wrong with the config file, where something is.
    pub config_problem: Option<String>,
    /// What the keyring did when it was last asked.
    pub keyring: KeyringReport,
    /// Each protection of the process.
    pub protections: Vec<ProtectionReport>,
    /// Each profile.
    pub profiles: Vec<ProfileReport>,
}

/// What the keyring did when it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum KeyringReport {
    /// It was not asked yet.
    Untried,
    /// It answered.
    Working,
    /// It could not be reached.
    Unavailable,
    /// It is locked.
    Locked,
    /// It refused.
    Denied,
    /// It did not answer in time.
    TimedOut,
}

/// One protection of the daemon's process.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProtectionReport {
    /// What it is, in a few words.
    pub name: String,
    /// Whether it holds.
    pub state: ProtectionState,
}

/// Whether a protection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum ProtectionState {
    /// It holds.
    On,
    /// It does not, though this system has it.
    Off,
    /// This system does not have it.
    Unsupported,
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
    pub secret_source: SecretSourceKind,
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
    pub last_redeemed: Option<u64>,
    /// Its token.
    pub token: TokenState,
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
    /// The server refused the secret; nothing is requested until it changes.
    Refused,
}
