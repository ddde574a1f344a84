//! Owns the words between a lease and whoever drives it: what is asked, what is decided, what became of it.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::AccessToken;

use super::{Attempt, TokenFingerprint};

/// What a caller asks of the lease.
#[derive(Debug, Clone, Copy)]
pub struct TokenQuery {
    /// Which token satisfies the caller.
    pub freshness: Freshness,
    /// The life it must have left; absent: the safety margin.
    pub min_validity: Option<Duration>,
    /// Whether the caller brings a one-time code that a person has just given.
    pub has_code: bool,
}

/// Which token satisfies the caller.
#[derive(Debug, Clone, Copy)]
pub enum Freshness {
    /// Any that lives long enough.
    Valid,
    /// Any but this one.
    Rejected(TokenFingerprint),
    /// One whose request is sent after the caller asked.
    Fresh,
}

/// When a caller asked, as far as a token may have to be newer than that.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// On the boot clock.
    pub(super) boot: Duration,
    /// The attempt that was the latest by then. A clock may be too coarse to tell one that followed at once.
    pub(super) latest: Option<Attempt>,
}

impl Asked {
    /// The same, for a lease that has counted other attempts.
    #[must_use]
    pub fn elsewhere(self) -> Self {
        Self { latest: Some(Attempt::LAST), ..self }
    }
}

/// A token as handed out, with its life already less the safety margin.
#[derive(Debug, Clone)]
pub struct ServedToken {
    /// The token.
    pub token: Arc<AccessToken>,
    /// Life left from now, less the margin.
    pub remaining: Duration,
}

/// What the lease says to a caller.
#[derive(Debug)]
pub enum Decision {
    /// Here it is.
    Serve(ServedToken),
    /// Wait for this attempt, and only for this one.
    Wait(Attempt),
    /// No.
    Refuse(Refusal),
}

/// Why a caller gets no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The server refused the secret, and it has not changed since.
    SecretRefused,
    /// A failure was recent.
    CoolingDown(Duration),
    /// The profile has had more token requests than its share.
    Throttled(Duration),
    /// No token lives that long: the server issues `issued`, of which at most `most` can be asked for.
    MinValidity {
        /// The life of the token that was issued last.
        issued: Duration,
        /// The longest life that a caller can ask for.
        most: Duration,
    },
    /// The server issued, again, the very token that was reported as rejected.
    SameToken,
    /// A token request needs a one-time code, and the caller brings none.
    CodeNeeded,
}

/// How a token request failed, as far as the next one is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The secret is wrong: no further request until it changes.
    Final,
    /// The secret is wrong, and may be changed where nobody tells us: looked at again after at most `cap`.
    Refused {
        /// The longest pause until then.
        cap: Duration,
    },
    /// Something here keeps the request from being made, or its answer from being believed, until a person fixes it;
    /// tried again after at most `cap`.
    Local {
        /// The longest pause until then.
        cap: Duration,
    },
    /// Nothing that a later request could not fix; at most `cap` between requests, unless the server asked
    /// for `retry_after`.
    Transient {
        /// What the server asked for.
        retry_after: Option<Duration>,
        /// The longest back-off of our own.
        cap: Duration,
    },
}

/// What became of a granted token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// The lease holds it.
    Held,
    /// The attempt was overtaken; the token is thrown away.
    Late,
    /// It was issued with no life to speak of.
    Lifeless,
    /// Its life was over when its answer came: the machine slept in between, or the server took too long.
    Expired,
    /// It is the token that was rejected.
    Rejected,
}

/// What the lease is doing, for `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseStatus {
    /// Nothing is held and nothing is under way.
    Absent,
    /// A token with this much usable life left, of that much when it was issued.
    Live {
        /// What is left.
        remaining: Duration,
        /// What there was.
        of: Duration,
    },
    /// The first token is being requested.
    Requesting,
    /// The next request may be made after this.
    CoolingDown(Duration),
    /// The secret was refused.
    Refused,
}
