//! Owns the types of the lease's interface: queries, decisions, failures, status.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::AccessToken;

use super::{Attempt, TokenFingerprint};

/// A caller's request for a token.
#[derive(Debug, Clone, Copy)]
pub struct TokenQuery {
    /// Which token satisfies the caller.
    pub freshness: Freshness,
    /// The life that it must have left; `None`: the safety margin.
    pub min_validity: Option<Duration>,
    /// Whether the caller brings a one-time code.
    pub has_code: bool,
}

/// Which token satisfies the caller.
#[derive(Debug, Clone, Copy)]
pub enum Freshness {
    /// Any token that lives long enough.
    Valid,
    /// Any token but this one.
    Rejected(TokenFingerprint),
    /// A token whose request is sent after the caller asked.
    Fresh,
}

/// When a caller asked: a fresh token must be newer.
#[derive(Debug, Clone, Copy)]
pub struct AskedAt {
    /// On the boot clock.
    pub(super) boot: Duration,
    /// The latest attempt at that time, because the clock may be too coarse to order one that follows immediately.
    pub(super) latest_attempt: Option<Attempt>,
}

impl AskedAt {
    /// The same time, for a lease with other attempt numbers.
    #[must_use]
    pub fn for_other_lease(self) -> Self {
        Self { latest_attempt: Some(Attempt::LAST), ..self }
    }
}

/// A token as served to a caller.
#[derive(Debug, Clone)]
pub struct ServedToken {
    /// The token.
    pub token: Arc<AccessToken>,
    /// Its life from now on, less the safety margin.
    pub remaining: Duration,
}

/// The lease's answer to a caller.
#[derive(Debug)]
pub enum Decision {
    /// The held token.
    Serve(ServedToken),
    /// Wait for this attempt.
    Wait(Attempt),
    /// No token.
    Refuse(Refusal),
}

/// Why a caller gets no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The server refused the secret, and it has not changed since.
    SecretRefused,
    /// The last request failed; this is the pause that is left.
    CoolingDown(Duration),
    /// The profile has used up its rate limit for this long.
    Throttled(Duration),
    /// No token lives that long.
    MinValidity {
        /// The life of the token that was issued last.
        issued: Duration,
        /// The longest life that a caller can ask for: `issued` less the margin.
        most: Duration,
    },
    /// The server issued, again, the very token that was reported as rejected.
    SameToken,
    /// A token request needs a one-time code, and the caller brings none.
    CodeNeeded,
}

/// How a token request failed, which decides when the next one is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The secret is wrong: no further request until it changes.
    Final,
    /// The secret is wrong, and its source may change without notice: tried again after at most this long.
    Refused(Duration),
    /// Something on this machine is to be fixed by a person: tried again after at most this long.
    Local(Duration),
    /// A later request may succeed: tried again after `retry_after`, or else after a back-off of at most `cap`.
    Transient {
        /// What the server asked for.
        retry_after: Option<Duration>,
        /// The longest back-off.
        cap: Duration,
    },
    /// No request may be sent now, because of the back-off of the credential, which other profiles may share.
    Paused {
        /// What is left of it.
        left: Duration,
        /// Whether a person can fix its cause, and says so with `forget`.
        ends_with_forget: bool,
    },
}

/// What the lease did with an issued token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// The lease holds it.
    Held,
    /// The attempt was abandoned before; the token is dropped.
    Superseded,
    /// It was issued with no usable life.
    NoLife,
    /// It expired before its answer came: the machine slept, or the server took too long.
    Expired,
    /// It is a token that the API rejected.
    Rejected,
}

/// What the lease is doing, for `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseStatus {
    /// No token is held or requested.
    Absent,
    /// A token is held.
    Live {
        /// Its usable life from now on.
        remaining: Duration,
        /// Its usable life when it was issued.
        of: Duration,
    },
    /// The first token is being requested.
    Requesting,
    /// The next request is possible after this pause.
    CoolingDown(Duration),
    /// The secret was refused.
    Refused,
}
