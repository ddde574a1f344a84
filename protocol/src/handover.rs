//! Owns the state that the old process of an upgrade sends to the new one, as records, and the encoding of the records.
//! The format has its own version: whatever changes here, or in a type that is named here, needs another [`FORMAT`]. It
//! must never be written to a disk.

mod refusal;

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::frame::BODY_LIMIT;
use crate::message::LogEntry;
use crate::wire::{self, Decode, Encode, RESPONSE_MEMORY, WireError};
use crate::{AccessToken, Failure, Moment, ProfileName, Secret};

pub use refusal::{Refusal, RefusalCause, ServerRefusal};

/// The version of the format.
pub const FORMAT: u16 = 2;
/// The length of a header, in bytes.
pub const HEADER_LENGTH: usize = 8;
/// The length of the prefix of each record: the record's length, u32, little-endian.
pub const PREFIX_LENGTH: usize = 4;

const MAGIC: [u8; 4] = *b"CPTH";

/// What each side sends first. Its layout is the same in every format: magic, u16 format, two zero bytes.
pub fn header() -> [u8; HEADER_LENGTH] {
    header_of(FORMAT)
}

fn header_of(format: u16) -> [u8; HEADER_LENGTH] {
    let ([a, b, c, d], [low, high]) = (MAGIC, format.to_le_bytes());
    [a, b, c, d, low, high, 0, 0]
}

/// The format of the other side; `None` if it is no daemon.
pub fn parse_header(header: [u8; HEADER_LENGTH]) -> Option<u16> {
    let format = u16::from_le_bytes([header[4], header[5]]);
    (header == header_of(format)).then_some(format)
}

/// What the old process sends, in this order. Only the first and the last two records are always sent.
#[derive(Debug, Encode, Decode)]
pub enum StateRecord {
    /// Device and inode of the socket's name if the daemon created it; absent if a service manager did.
    SocketIdentity(Option<(u64, u64)>),
    /// The lease of one profile.
    Lease(Box<Lease>),
    /// A secret that is in memory only, and its key as one text.
    Secret(String, Secret),
    /// A secret that a server or a proxy has refused.
    Refusal(Refusal),
    /// The one-time codes that one account has used.
    Codes(Codes),
    /// The pause that a server has asked one account for.
    Pause(Pause),
    /// The back-off of a credential.
    Backoff(CredentialBackoff),
    /// The lock, if the daemon is locked or locks on suspend. [`StateRecord::Sealed`] follows if it is locked.
    Lock(Lock),
    /// A chunk of the sealed secrets, in order.
    Sealed(Secret),
    /// A part of the log, oldest entry first.
    Log(Vec<LogEntry>),
    /// The end of the state.
    End,
    /// The state belongs to the new process from now on: nothing has changed since it was sent, and no caller was
    /// accepted.
    Commit(Commit),
}

/// What the new process still has to send and to log once it accepts callers.
#[derive(Debug, Default, Encode, Decode)]
pub struct Commit {
    /// The response to the callers who asked for the restart, as one frame of the protocol.
    pub reply: Vec<u8>,
    /// The log entries of their requests.
    pub log: Vec<LogEntry>,
}

/// The lease of one profile.
#[derive(Debug, Encode, Decode)]
pub struct Lease {
    /// The profile.
    pub profile: ProfileName,
    /// Profile, client and origin as one text: the lease is dropped if one of them has changed.
    pub account: String,
    /// The token.
    pub held: Option<HeldToken>,
    /// The pause after a failure.
    pub cooldown: Option<Cooldown>,
    /// Whether the secret was refused.
    pub refused: bool,
    /// When the bucket of the rate limiter is full again, on the boot clock.
    pub full_at: Duration,
    /// When a caller asked last, on the boot clock.
    pub last_asked: Option<Duration>,
    /// The SHA-256 of each rejected token.
    pub rejected: Vec<[u8; 32]>,
    /// Why the last attempt failed.
    pub last_failure: Option<Failure>,
    /// Since when the secret counts as refused, since 1970.
    pub refused_since: Option<Duration>,
}

/// The pause after a failed attempt.
#[derive(Debug, Clone, Copy, Encode, Decode)]
pub struct Cooldown {
    /// Its end.
    pub until: Moment,
    /// How many attempts in a row have failed.
    pub failures: u32,
    /// Whether the server asked for it. A pause of our own ends when the route to the server changes.
    pub is_asked_for: bool,
    /// Whether a person can fix the cause, and says so with `forget`.
    pub ends_with_forget: bool,
}

/// A token that the lease holds.
#[derive(Debug, Clone, Encode, Decode)]
pub struct HeldToken {
    /// The token.
    pub token: Arc<AccessToken>,
    /// Its life as the server issued it.
    pub life: Duration,
    /// The end of its life less the margin: it is not served after this.
    pub end: Moment,
    /// When it is renewed.
    pub renewal: Moment,
    /// Whether only the next caller renews it, and no timer.
    pub renewal_by_callers_only: bool,
    /// Whether the API rejected it and another one is being requested: it is served to nobody until that request fails
    /// or the caller's time is over.
    pub is_set_aside: bool,
}

/// The one-time codes that one account has used.
#[derive(Debug, Encode, Decode)]
pub struct Codes {
    /// The account.
    pub account: String,
    /// The codes, oldest first.
    pub codes: Vec<Secret>,
    /// The last use.
    pub last: Option<CodeUse>,
    /// Whether another process had the last use: its code is then not among `codes`.
    pub by_other_process: bool,
}

/// One use of a one-time code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct CodeUse {
    /// The end of its time step, since 1970: a whole second.
    pub ends: Duration,
    /// The length of its time step.
    pub period: Duration,
    /// Identifies the use.
    pub mark: u64,
}

/// A pause that a server has asked one account for; it applies to every profile of the account.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Pause {
    /// The account.
    pub account: String,
    /// Its end.
    pub until: Moment,
    /// The HTTP status with which the server asked for it.
    pub status: u16,
}

/// A credential and its back-off, which applies to every profile that would send the same.
#[derive(Debug, Encode, Decode)]
pub struct CredentialBackoff {
    /// The account at the server or at the proxy.
    pub account: String,
    /// The fingerprint of the secret.
    pub fingerprint: [u8; 32],
    /// The key of the fingerprint; empty while the daemon is locked, because the key is then sealed.
    pub key: Secret,
    /// The proxy by which it is sent to the server, if any.
    pub proxy: Option<String>,
    /// The back-off.
    pub backoff: Backoff,
    /// The server that a proxy's password is sent for; absent if it is for every server, and for a server's secret.
    pub server: Option<String>,
}

/// The back-off after requests that have not shown whether their credential is right.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Backoff {
    /// The end of the pause.
    pub until: Moment,
    /// When the last request failed, on the boot clock.
    pub failed_at: Duration,
    /// How many requests in a row have failed.
    pub failures: u32,
    /// Whether a person can fix the cause, and says so with `forget`.
    pub ends_with_forget: bool,
    /// The profile of the last request.
    pub profile: ProfileName,
    /// Its failure.
    pub failure: Failure,
    /// Whether the credential has worked for another server since.
    pub worked_elsewhere: bool,
}

/// The lock.
#[derive(Debug, Encode, Decode)]
pub struct Lock {
    /// The seal; absent while the daemon is not locked.
    pub seal: Option<Seal>,
    /// Whether the daemon locks on suspend.
    pub on_suspend: bool,
    /// The key to lock with on suspend, its salt and its nonce; absent while the daemon is locked.
    pub suspend_key: Option<(Secret, [u8; 16], [u8; 24])>,
    /// Wrong passphrases since the last right one.
    pub wrong: u32,
    /// Until when no passphrase is checked, on the boot clock.
    pub until: Duration,
}

/// What opens the sealed secrets, together with the passphrase.
#[derive(Debug, Clone, Copy, Encode, Decode)]
pub struct Seal {
    /// The salt of the key.
    pub salt: [u8; 16],
    /// The nonce of the encryption.
    pub nonce: [u8; 24],
    /// The tag that authenticates the sealed text.
    pub tag: [u8; 16],
}

/// What the new process sends.
#[derive(Debug, Encode, Decode)]
pub enum NewProcessReply {
    /// It is hardened and waits for the state; the version of its program.
    Ready(String),
    /// It has imported everything.
    Imported(Imported),
    /// It does not take over, and why.
    Refused(Failure),
}

/// What the new process has imported.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Imported {
    /// Live tokens.
    pub tokens: u32,
    /// Secrets that are in memory only.
    pub secrets: u32,
}

/// A record or a reply behind its prefix; fails if it is longer than [`BODY_LIMIT`].
pub fn encode(message: &impl Encode) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode_behind(message, |length| {
        u32::try_from(length).ok().filter(|_| length <= BODY_LIMIT).map(u32::to_le_bytes)
    })
}

/// The length that a prefix announces; `None` if no record is so long.
pub fn frame_len(prefix: [u8; PREFIX_LENGTH]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(prefix)).ok().filter(|length| (1..=BODY_LIMIT).contains(length))
}

/// The record or reply in these bytes; fails if they are not exactly one.
pub fn decode<M: Decode<()>>(body: &[u8]) -> Result<M, WireError> {
    wire::decode::<M, RESPONSE_MEMORY>(body)
}
