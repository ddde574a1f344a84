//! Owns the bodies of every request and response of protocol version 1. Variants and fields are
//! append-only within an unreleased version and frozen once released; their bytes are in `tests/golden`.

use std::sync::Arc;

use crate::wire::{Decode, Encode};
use crate::{AccessToken, Failure, ProfileName, Secret};

mod audit;
mod doctor;
mod profile;
mod status;

pub use audit::{Caller, LogEntry, LogRequest, Operation, Outcome, Process};
pub use doctor::{DoctorRequest, Finding, FindingPage, Severity};
pub use profile::{
    ExternalKeyringItem, Identity, ProfileCreate, ProfileListRequest, ProfilePage, ProfileReport,
    ProfileResetSecret, ProfileUpdate, SecretParts, SecretSource, SecretState, TokenState, TotpMethod,
};
pub use status::{KeyringReport, ProtectionReport, ProtectionState, StatusReport};

/// What the helper asks. One request per connection.
#[derive(Debug, Encode, Decode)]
pub enum Request {
    /// A valid access token.
    AccessToken(AccessTokenRequest),
    /// The daemon and its protections.
    Status,
    /// Drop live tokens, and let a refused secret be tried once more.
    Forget(ForgetScope),
    /// A part of the profiles, sorted by name.
    ProfileList(ProfileListRequest),
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
    /// Erase every token and secret and answer nobody, now or whenever the machine is about to sleep.
    Lock(LockRequest),
    /// Answer again. The passphrase is the one that the daemon was locked with.
    Unlock(Secret),
    /// No longer lock when the machine is about to sleep.
    DisarmSuspendLock,
    /// Who asked for what and when.
    Log(LogRequest),
    /// A look at everything between the daemon and the servers, and at the keyring. No token is requested.
    Doctor(DoctorRequest),
    /// Go on in the same process, with everything in memory, with the program that lies at the daemon's own path now.
    Restart,
    /// One profile.
    ProfileShow(ProfileSelector),
}

/// A request for one access token.
#[derive(Debug, Encode, Decode)]
pub struct AccessTokenRequest {
    /// Whose token.
    pub profile: ProfileSelector,
    /// What counts as good enough.
    pub freshness: Freshness,
    /// The life the token must have left, in milliseconds; absent: the daemon's own safety margin.
    pub min_validity_ms: Option<u64>,
    /// How long the caller waits, in milliseconds; the daemon answers by then.
    pub timeout_ms: u64,
    /// A one-time code that a person has just given, for a profile whose codes are asked for.
    pub code: Option<Secret>,
    /// Whether the caller can use a user name and password instead of a token, as kind `basic` has them.
    pub accepts_basic: bool,
    /// Whether the caller waits out failures of the server and of the way to it, and pauses that the server asks for.
    pub retries: bool,
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
    /// By an origin that another program wants a token for.
    Origin(OriginSelector),
}

/// An origin that a token is wanted for, and what narrows the choice among the profiles that answer for it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OriginSelector {
    /// Scheme, host and port must equal those of a profile's request URL, or of an origin that was added to it.
    pub url: String,
    /// No other profile will do.
    pub profile: Option<ProfileName>,
    /// The profile's name, or its client ID or user name; no other profile will do.
    pub username: Option<String>,
    /// Which one to take where several are left; else the default, and where that is not among them, none.
    pub preferred: Option<ProfileName>,
}

/// Which token satisfies the caller.
#[derive(Debug, Encode, Decode)]
pub enum Freshness {
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

/// How to lock.
#[derive(Debug, Encode, Decode)]
pub struct LockRequest {
    /// What unlocks again; 1 to 4096 bytes.
    pub passphrase: Secret,
    /// Not now, but whenever the machine is about to sleep.
    pub on_suspend: bool,
}

/// What the daemon answers.
#[derive(Debug, Encode, Decode)]
pub enum Response {
    /// The answer takes a while; another frame follows. Sent at once and then every second.
    Working,
    /// A token, with everything that is known of it from the one answer it came in.
    Token(TokenResponse),
    /// The daemon.
    Status(StatusReport),
    /// A part of the profiles.
    Profiles(ProfilePage),
    /// It is done; what a person may want to know of it, a line each.
    Done(Vec<String>),
    /// It is not done.
    Failure(Failure),
    /// Part of the log, oldest entry first.
    Log(Vec<LogEntry>),
    /// A part of what was found, in a stable order.
    Findings(FindingPage),
    /// One profile.
    Profile(Box<ProfileReport>),
}

/// A token as it is handed out.
#[derive(Debug, Encode, Decode)]
pub struct TokenResponse {
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
    /// How the token is presented.
    pub scheme: AuthScheme,
}

/// The scheme of an `Authorization` header (RFC 9110, section 11.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum AuthScheme {
    /// A bearer token (RFC 6750).
    Bearer,
    /// User name and password in base64 (RFC 7617); what stands for the token of a profile of kind `basic`.
    Basic,
}
