//! Owns what crosses an upgrade of a secret that was refused: why, and not the sentence that a person read.

use crate::wire::{Decode, Encode};
use crate::{ProfileName, Secret};

/// A secret that was refused.
#[derive(Debug, Encode, Decode)]
pub struct Refusal {
    /// The profile that it was sent for.
    pub profile: ProfileName,
    /// The account at the server, or at the proxy that refused it.
    pub account: String,
    /// The fingerprint of the secret.
    pub fingerprint: [u8; 32],
    /// The key of the fingerprint; empty while the daemon is locked, because the key is then sealed.
    pub key: Secret,
    /// Why; absent if the one-time code that was sent with the secret may be the reason.
    pub cause: Option<RefusalCause>,
}

/// Why a secret was refused. The failure is worded from it, for each profile in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RefusalCause {
    /// The proxy refused its password.
    Proxy,
    /// The server refused the secret.
    Server(ServerRefusal),
}

/// A server's answer to a secret that it refused.
#[derive(Debug, Default, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ServerRefusal {
    /// The description of the answer.
    pub answer: String,
    /// Whether the answer does not look like one of the API.
    pub is_doubtful: bool,
    /// Whether the server says that a one-time code is missing.
    pub asks_for_code: bool,
    /// The note on the ends of the secret; empty if they are ordinary.
    pub note: String,
}
