//! Owns what a daemon hands to the image that takes its place, and how that is cut into pieces. It has a version of its
//! own: whatever changes here, or in what is named here, is another [`FORMAT`]. It must never be written to a disk.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::frame::BODY_LIMIT;
use crate::message::LogEntry;
use crate::wire::{self, Decode, Encode, RESPONSE_MEMORY, WireError};
use crate::{AccessToken, Failure, ProfileName, Secret};

/// The format that is spoken here.
pub const FORMAT: u16 = 1;
/// The length of a header, in bytes.
pub const HEADER_LENGTH: usize = 8;
/// The length of what stands before each piece: the length of the piece, u32, little-endian.
pub const PREFIX_LENGTH: usize = 4;

const MAGIC: [u8; 4] = *b"CPTH";

/// What each side says first. Its layout is the same in every format, for ever: magic, u16 format, two zero bytes.
pub fn header() -> [u8; HEADER_LENGTH] {
    header_of(FORMAT)
}

fn header_of(format: u16) -> [u8; HEADER_LENGTH] {
    let ([a, b, c, d], [low, high]) = (MAGIC, format.to_le_bytes());
    [a, b, c, d, low, high, 0, 0]
}

/// The format that the other side speaks; none where it is no daemon.
pub fn parse_header(header: [u8; HEADER_LENGTH]) -> Option<u16> {
    let format = u16::from_le_bytes([header[4], header[5]]);
    (header == header_of(format)).then_some(format)
}

/// What the daemon that goes says, in this order; of each but the first and the last two there may be none.
#[derive(Debug, Encode, Decode)]
pub enum StateRecord {
    /// Device and inode of the socket's name, where the daemon made it; absent where a service manager did.
    SocketIdentity(Option<(u64, u64)>),
    /// What the lease of one profile is made of.
    Lease(Box<Lease>),
    /// A secret that only memory holds, and its key as one text.
    Secret(String, Secret),
    /// A secret that a server or a proxy has refused.
    Refusal(Refusal),
    /// The one-time codes that one account has used.
    Codes(Codes),
    /// The pause that a server has asked one account for.
    Pause(Pause),
    /// The lock, where it is closed or armed. [`StateRecord::Sealed`] follows while it is closed.
    Lock(Lock),
    /// A part of what lies under the seal, in its order.
    Sealed(Secret),
    /// A part of the log, oldest entry first.
    Log(Vec<LogEntry>),
    /// That was all.
    End,
    /// Nothing has changed since, and nobody was let in: from here on it is the other's.
    Commit(Commit),
}

/// What is still to be said when the daemon that comes has begun.
#[derive(Debug, Default, Encode, Decode)]
pub struct Commit {
    /// The response to those who have asked for it, as bytes of the protocol in which they asked.
    pub reply: Vec<u8>,
    /// What the log has to say of their requests.
    pub log: Vec<LogEntry>,
}

/// An instant on the two clocks of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Instant {
    /// Since the machine started, suspend included.
    pub boot: Duration,
    /// Since 1970, UTC.
    pub wall: Duration,
}

/// What the lease of one profile is made of.
#[derive(Debug, Encode, Decode)]
pub struct Lease {
    /// Whose it is.
    pub profile: ProfileName,
    /// Profile, client and origin as one text: the lease of another is none of theirs.
    pub account: String,
    /// The token.
    pub held: Option<HeldToken>,
    /// The pause after a failure.
    pub cooling: Option<Cooldown>,
    /// Whether the secret was refused.
    pub refused: bool,
    /// When the share of token requests is whole again, on the boot clock.
    pub full_at: Duration,
    /// When somebody asked last, on the boot clock.
    pub last_asked: Option<Duration>,
    /// Rejected tokens, each as its SHA-256.
    pub rejected: Vec<[u8; 32]>,
    /// Why the last attempt failed.
    pub last_failure: Option<Failure>,
    /// Since when the secret counts as refused, in time since 1970.
    pub refused_since: Option<Duration>,
}

/// A pause in which no request is made.
#[derive(Debug, Clone, Copy, Encode, Decode)]
pub struct Cooldown {
    /// Its end.
    pub until: Instant,
    /// How many failures in a row there were.
    pub failures: u32,
    /// Whether the server has asked for it.
    pub is_asked_for: bool,
    /// Whether it is for something that a person fixes, who says so with `forget`.
    pub ends_with_forget: bool,
}

/// A token that is held.
#[derive(Debug, Encode, Decode)]
pub struct HeldToken {
    /// The token.
    pub token: Arc<AccessToken>,
    /// Its life as the server had it.
    pub life: Duration,
    /// From when on it is not handed out.
    pub end: Instant,
    /// When it is renewed.
    pub renewal: Instant,
    /// Whether only a caller can cause that.
    pub renewal_by_callers_only: bool,
    /// Whether the API has rejected it, and another one is being requested.
    pub is_set_aside: bool,
}

/// A secret that was refused.
#[derive(Debug, Encode, Decode)]
pub struct Refusal {
    /// The profile that it was sent for.
    pub profile: ProfileName,
    /// The account at the server, or at the proxy that refused it.
    pub account: String,
    /// What the secret is known by.
    pub fingerprint: [u8; 32],
    /// The key of the fingerprint; empty while it lies under the seal.
    pub key: Secret,
    /// What was said of it; nothing where it may have been the one-time code beside it.
    pub failure: Option<Failure>,
}

/// The one-time codes that one account has used.
#[derive(Debug, Encode, Decode)]
pub struct Codes {
    /// The account.
    pub account: String,
    /// The codes, oldest first.
    pub codes: Vec<Secret>,
    /// When the step of the last one ends, since 1970, how long it is, and what tells the use from others.
    pub last: Option<(Duration, Duration, u64)>,
    /// Whether that use was another process's.
    pub by_other_process: bool,
}

/// A pause that a server has asked one account for, whatever the account's profiles are called.
#[derive(Debug, Encode, Decode)]
pub struct Pause {
    /// The account.
    pub account: String,
    /// Its end.
    pub until: Instant,
    /// The HTTP status with which the server has asked for it.
    pub status: u16,
}

/// The lock.
#[derive(Debug, Encode, Decode)]
pub struct Lock {
    /// What opens the seal; absent while the daemon is not locked.
    pub seal: Option<Seal>,
    /// Whether it locks when the machine is about to sleep.
    pub on_suspend: bool,
    /// The key to lock with then, its salt and its nonce; absent while the daemon is locked.
    pub suspend_key: Option<(Secret, [u8; 16], [u8; 24])>,
    /// Wrong tries since the last right one.
    pub wrong: u32,
    /// Until when no try is looked at, on the boot clock.
    pub until: Duration,
}

/// What belongs to a sealed text.
#[derive(Debug, Clone, Copy, Encode, Decode)]
pub struct Seal {
    /// What its key was derived with.
    pub salt: [u8; 16],
    /// What it was sealed with.
    pub nonce: [u8; 24],
    /// The proof of the key.
    pub tag: [u8; 16],
}

/// What the daemon that comes says.
#[derive(Debug, Encode, Decode)]
pub enum NewProcessReply {
    /// It is hardened and waits; its program's version.
    Ready(String),
    /// It holds everything; how many live tokens and how many secrets of memory alone.
    Imported(u32, u32),
    /// It does not take over, and why.
    Refused(Failure),
}

/// A piece or a word with its length before it.
///
/// # Errors
/// [`WireError::TooLong`] where it passes [`BODY_LIMIT`].
pub fn encode_record(piece: &StateRecord) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode_behind(piece, head)
}

/// As [`encode_record`].
///
/// # Errors
/// As [`encode_record`].
pub fn encode_reply(word: &NewProcessReply) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode_behind(word, head)
}

/// The length that a head announces; none where no piece has it.
pub fn frame_len(head: [u8; PREFIX_LENGTH]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(head)).ok().filter(|length| (1..=BODY_LIMIT).contains(length))
}

/// The piece that these bytes are.
///
/// # Errors
/// [`WireError`] where they are not exactly one.
pub fn decode_record(body: &[u8]) -> Result<StateRecord, WireError> {
    wire::decode::<StateRecord, RESPONSE_MEMORY>(body)
}

/// The word that these bytes are.
///
/// # Errors
/// [`WireError`] where they are not exactly one.
pub fn decode_reply(body: &[u8]) -> Result<NewProcessReply, WireError> {
    wire::decode::<NewProcessReply, RESPONSE_MEMORY>(body)
}

fn head(length: usize) -> Option<[u8; PREFIX_LENGTH]> {
    u32::try_from(length).ok().filter(|_| length <= BODY_LIMIT).map(u32::to_le_bytes)
}
