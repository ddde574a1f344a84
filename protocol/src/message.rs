//! Owns the bodies of every request and response of protocol version 1, and their encoding. Before the first release
//! variants and fields are only appended, after it they are frozen; their bytes are in `tests/golden`.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::wire::{self, Decode, Encode, REQUEST_MEMORY, RESPONSE_MEMORY, WireError};
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

/// A request of the helper, one per connection.
#[derive(Debug, Encode, Decode)]
pub enum Request {
    /// A valid access token.
    AccessToken(AccessTokenRequest),
    /// The daemon and its protections.
    Status,
    /// Drop live tokens, and allow a refused secret to be tried once more.
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
    /// Stop. The connection stays open until the daemon has released its lock.
    Stop,
    /// Lock now, or on suspend: erase every token and secret, and refuse every request for a token.
    Lock(LockRequest),
    /// Unlock with the passphrase that the daemon was locked with.
    Unlock(Secret),
    /// No longer lock on suspend.
    DisarmSuspendLock,
    /// A part of the log.
    Log(LogRequest),
    /// A check of the daemon, the keyring, the profiles and the servers. No token is requested.
    Doctor(DoctorRequest),
    /// Upgrade to the program that is now at the daemon's own path, in the same process, with everything in memory.
    Restart,
    /// One profile.
    ProfileShow(ProfileSelector),
}

/// A request for one access token.
#[derive(Debug, Encode, Decode)]
pub struct AccessTokenRequest {
    /// Whose token.
    pub profile: ProfileSelector,
    /// Which token satisfies the caller.
    pub freshness: Freshness,
    /// The life that the token must have left, in milliseconds; absent: the daemon's safety margin.
    pub min_validity_ms: Option<u64>,
    /// How long the caller waits for the response, in milliseconds.
    pub timeout_ms: u64,
    /// A one-time code that a person has just typed, for a profile whose codes are asked for.
    pub code: Option<Secret>,
    /// Whether the caller accepts the user name and password of kind `basic` instead of a token.
    pub accepts_basic: bool,
    /// Whether the caller waits for a retry after failures of the server or the network, and after pauses.
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
    /// By an origin that needs a token.
    Origin(OriginSelector),
}

/// An origin that needs a token, and what limits the choice among its profiles.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OriginSelector {
    /// Scheme, host and port must equal those of a profile's request URL, or of an origin that was added to it.
    pub url: String,
    /// Only this profile.
    pub profile: Option<ProfileName>,
    /// Only a profile of this name, client ID or user name.
    pub username: Option<String>,
    /// Which one to take if several are left; else the default if it is among them, else none.
    pub preferred: Option<ProfileName>,
}

/// Which token satisfies the caller.
#[derive(Debug, Encode, Decode)]
pub enum Freshness {
    /// Any that lives long enough.
    Valid,
    /// Any but this one, which the API has rejected (401).
    Rejected(AccessToken),
    /// One that is issued after this request.
    Fresh,
}

/// Whose live tokens to drop.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ForgetScope {
    /// One profile's.
    Profile(ProfileSelector),
    /// All profiles'.
    All,
}

/// How to lock.
#[derive(Debug, Encode, Decode)]
pub struct LockRequest {
    /// What unlocks again; 1 to 4096 bytes.
    pub passphrase: Secret,
    /// Not now, but on suspend.
    pub on_suspend: bool,
}

/// A response of the daemon.
#[derive(Debug, Encode, Decode)]
pub enum Response {
    /// The response takes a while; another frame follows. Sent immediately, then every second.
    Working,
    /// A token.
    Token(TokenResponse),
    /// The daemon.
    Status(StatusReport),
    /// A part of the profiles.
    Profiles(ProfilePage),
    /// Done; notes for a person, one line each.
    Done(Vec<String>),
    /// Not done.
    Failure(Failure),
    /// Part of the log, oldest entry first.
    Log(Vec<LogEntry>),
    /// A part of the findings, in a stable order.
    Findings(FindingPage),
    /// One profile.
    Profile(Box<ProfileReport>),
}

/// A token as it is served.
#[derive(Debug, Encode, Decode)]
pub struct TokenResponse {
    /// The token; shared, so that the daemon serves it without a copy.
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
    /// User name and password in base64 (RFC 7617), which kind `basic` uses in place of a token.
    Basic,
}

/// A request as one frame, preamble included; fails if its body is longer than [`crate::BODY_LIMIT`].
pub fn encode_request(request: &Request) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode(request)
}

/// A response as one frame, preamble included; fails if its body is longer than [`crate::BODY_LIMIT`].
pub fn encode_response(response: &Response) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode(response)
}

/// The bytes that a report takes in a response; those of a whole body if it is longer.
pub fn report_len(report: &ProfileReport) -> usize {
    wire::encoded_len(report).unwrap_or(crate::BODY_LIMIT)
}

/// The request in a frame's body; fails if the body is not exactly one request.
pub fn decode_request(body: &[u8]) -> Result<Request, WireError> {
    wire::decode::<Request, REQUEST_MEMORY>(body)
}

/// The response in a frame's body; fails if the body is not exactly one response.
pub fn decode_response(body: &[u8]) -> Result<Response, WireError> {
    wire::decode::<Response, RESPONSE_MEMORY>(body)
}
