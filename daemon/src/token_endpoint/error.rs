//! Owns the words for a token request that failed, sorted by who is to blame. It must not carry the text of a
//! server, a proxy, a certificate or a library.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::description::{AnswerDescription, Content, KnownError};
use crate::profile::request_url::RequestUrl;

/// Why a token request brought no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRequestError {
    /// The server does not accept the client or its secret (401, 403, or 400 that says so).
    #[error("{said}{}", doubt(*is_doubtful))]
    Refused {
        /// What may be said of the answer.
        said: AnswerDescription,
        /// Whether it does not look like an answer of the API.
        is_doubtful: bool,
    },
    /// A 401 or 403 that is none of the API, or a 511: a gateway, a proxy or a login page of the network has answered.
    #[error("something on the way answered in the server's place: {0}")]
    Intercepted(AnswerDescription),
    /// The server asks for patience (429).
    #[error("the server says that it gets too many requests (HTTP 429)")]
    Busy {
        /// What it asks for, within 1 s and 5 min.
        retry_after: Option<Duration>,
    },
    /// The server failed (408, or 5xx but 511).
    #[error("the server failed (HTTP {status})")]
    ServerFailed {
        /// The HTTP status.
        status: u16,
        /// What it asks for, within 1 s and 5 min.
        retry_after: Option<Duration>,
    },
    /// No conversation came about, or it broke off.
    #[error("the server cannot be reached: {0}")]
    Unreachable(ConnectFailure),
    /// The server does not prove that it is the one in the request URL.
    #[error("the server's certificate is not trusted: {0}")]
    Untrusted(CertificateFlaw),
    /// The way to the server ends at its proxy.
    #[error("the proxy {proxy} {flaw}")]
    Proxy {
        /// The proxy's address without its user.
        proxy: String,
        /// What it does instead of leading on.
        flaw: ProxyFlaw,
    },
    /// No complete answer within the time allowed.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The server points elsewhere, where the secret is never sent.
    #[error("the server redirects token requests to {to}, which is never followed")]
    Redirected {
        /// Where it points to.
        to: Target,
    },
    /// The answer is not what the documentation says.
    #[error("the server's answer is no token: {0}")]
    BadAnswer(AnswerFlaw),
    /// The profile's CA bundle cannot be used.
    #[error("the CA bundle {} {flaw}", crate::base::sanitize::clean(path.as_os_str().as_encoded_bytes(), 300))]
    CaBundle {
        /// The bundle's path.
        path: PathBuf,
        /// What is wrong with it.
        flaw: CaBundleFlaw,
    },
    /// The client ID or user name has a character that HTTP Basic cannot carry.
    #[error("the client ID or user name holds a colon or a control character, which HTTP cannot carry")]
    BadName,
}

/// What keeps the server from being reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectFailure {
    /// The host's name leads to no address.
    #[error("its name cannot be looked up")]
    NameLookup,
    /// Nothing listens there.
    #[error("the connection is refused")]
    ConnectionRefused,
    /// The connection ended before the answer did.
    #[error("the connection broke off")]
    BrokenOff,
    /// The network has no way there.
    #[error("there is no way to its network")]
    NoRoute,
    /// No encrypted connection was agreed on.
    #[error("it does not speak TLS 1.2 or 1.3 there")]
    NoTls,
    /// The server speaks TLS, and HTTP/1.1 not.
    #[error("it does not speak HTTP/1.1 there, perhaps HTTP/2 alone")]
    NoHttp1,
    /// The server breaks off for want of a client certificate.
    #[error("it wants a client certificate, which cp-token does not have")]
    ClientCertificate,
    /// Anything else.
    #[error("the connection failed")]
    Other,
}

/// What a proxy does instead of leading to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFlaw {
    /// No conversation with it came about.
    #[error("cannot be reached: {0}")]
    Unreachable(ConnectFailure),
    /// It ended the conversation when it was asked for a way to the server.
    #[error("broke off when it was asked for the way to the server")]
    BrokenOff,
    /// It answered, and not with 200: it may not lead there, cannot, or is no proxy.
    #[error("does not open the way to the server")]
    NoTunnel,
    /// No connection to the server stood in time.
    #[error("did not lead to the server in time")]
    TimedOut,
    /// It answered 407, and had been given no user and password.
    #[error("asks for a user and password (HTTP 407)")]
    CredentialsRequired,
    /// It answered 407 to the user and password.
    #[error("refused the user or the password that it was given (HTTP 407)")]
    CredentialsRefused,
}

/// Where a redirect points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Another origin, to which a secret could be sent if a person says so.
    Origin(RequestUrl),
    /// Another origin, to which no secret is sent, because it has no TLS.
    Unencrypted(String),
    /// Another page of the same origin.
    SameOrigin,
    /// Another origin, whose name is the server's choice. Nothing of it is repeated.
    Elsewhere,
    /// To nowhere, or to what is no origin. Nothing of it is repeated.
    Unfit,
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => write!(out, "{origin}"),
            Self::Unencrypted(origin) => out.write_str(origin),
            Self::SameOrigin => out.write_str("another of its own pages"),
            Self::Elsewhere => out.write_str("a host that cp-token does not know"),
            Self::Unfit => out.write_str("a place that is no request URL"),
        }
    }
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFlaw {
    /// Its time is over, or this computer's clock is ahead.
    #[error("it has expired, or this computer's clock is wrong")]
    Expired,
    /// Its time has not come, or this computer's clock is behind.
    #[error("it is not valid yet, or this computer's clock is wrong")]
    NotYetValid,
    /// It belongs to another host.
    #[error("it is for another host")]
    WrongHost,
    /// None of the trusted roots stands behind it.
    #[error("its issuer is unknown")]
    UnknownIssuer,
    /// It was withdrawn.
    #[error("it was revoked")]
    Revoked,
    /// It is broken or unfit in another way.
    #[error("it is no server's: signed by itself, broken or for another purpose")]
    Unfit,
    /// The system has no roots to trust.
    #[error("this system has no CA certificates")]
    NoRoots,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFlaw {
    /// A status that the documentation does not know.
    #[error("unexpected {0}")]
    Status(AnswerDescription),
    /// It is not HTTP, or its headers pass all bounds.
    #[error("it is not proper HTTP/1.1")]
    NotHttp,
    /// It passes every bound: interim answers without end, for instance.
    #[error("it has no end")]
    Endless,
    /// Its body passes 64 KiB.
    #[error("it is longer than 64 KiB")]
    TooLong,
    /// Its body is not one JSON object.
    #[error("it is not a JSON object")]
    NotJson,
    /// A field comes twice, so that two readers could read two answers.
    #[error("it gives the same field twice")]
    Duplicate,
    /// There is no `access_token`, or no `v3_user_token` for a user.
    #[error("it has no token")]
    NoToken,
    /// The token is no bearer token (RFC 6750, section 2.1).
    #[error("its token breaks the grammar of bearer tokens")]
    TokenGrammar,
    /// The `token_type` is not `bearer`.
    #[error("its token_type is not bearer")]
    TokenType,
    /// The `expires_in` is no number.
    #[error("its expires_in is not a number")]
    ExpiresIn,
}

/// What is wrong with a CA bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaBundleFlaw {
    /// Others could have written it, or put it there. In our own words.
    #[error("is not used: {0}")]
    Distrusted(String),
    /// Its disk does not answer.
    #[error("could not be read in time")]
    Hangs,
    /// There is no such file.
    #[error("does not exist")]
    Absent,
    /// It is a folder, a pipe or a device.
    #[error("is no plain file")]
    WrongKind,
    /// It is larger than any bundle.
    #[error("is larger than 4 MiB")]
    TooLarge,
    /// The system does not let us read it.
    #[error("cannot be read by this user")]
    Unreadable,
    /// It is readable and holds no certificate.
    #[error("holds no certificate in PEM form")]
    Empty,
    /// It holds something that only looks like a certificate.
    #[error("holds a certificate that is broken")]
    Broken,
}

impl TokenRequestError {
    /// The pause that the server asks for, if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::ServerFailed { retry_after, .. } => *retry_after,
            Self::Refused { .. }
            | Self::Intercepted(_)
            | Self::Unreachable(_)
            | Self::Untrusted(_)
            | Self::Proxy { .. }
            | Self::TimedOut
            | Self::Redirected { .. }
            | Self::BadAnswer(_)
            | Self::CaBundle { .. }
            | Self::BadName => None,
        }
    }

    /// The same with this much left of the pause.
    #[must_use]
    pub fn with_retry_after(mut self, left: Duration) -> Self {
        if let Self::Busy { retry_after } | Self::ServerFailed { retry_after, .. } = &mut self {
            *retry_after = Some(left);
        }
        self
    }

    /// Whether the server says that a one-time code is missing. That it does not say so means nothing.
    pub fn asks_for_code(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                said: AnswerDescription { content: Content::Error(KnownError::CodeRequired), .. },
                ..
            }
        )
    }
}

/// The end of what is said of a refusal that may be none of the API.
pub const DOUBT: &str = ", perhaps not from CrashPlan";

fn doubt(is_doubtful: bool) -> &'static str {
    if is_doubtful { DOUBT } else { "" }
}
