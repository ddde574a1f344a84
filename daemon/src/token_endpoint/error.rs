//! Owns the errors of a token request, sorted by cause. They must not carry the text of a server, a proxy, a certificate
//! or a library.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::description::{AnswerDescription, Content, KnownError};
use crate::profile::request_url::RequestUrl;

/// Why a token request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum TokenRequestError {
    /// The server does not accept the client or its secret (401, 403, or 400 that says so).
    #[error("{answer}{}", doubt(*is_doubtful))]
    Refused {
        /// The description of the answer.
        answer: AnswerDescription,
        /// Whether the answer does not look like one of the API.
        is_doubtful: bool,
    },
    /// A gateway, a proxy or a login page of the network answered: a 401 or 403 that is not the API's, or a 511.
    #[error("something on the way answered in the server's place: {0}")]
    Intercepted(AnswerDescription),
    #[error("the server says that it gets too many requests (HTTP 429)")]
    Busy {
        /// The delay that the server asks for, from 1 s to 5 min.
        retry_after: Option<Duration>,
    },
    /// The server failed (408, or 5xx but 511).
    #[error("the server failed (HTTP {status})")]
    ServerFailed {
        /// The HTTP status.
        status: u16,
        /// The delay that the server asks for, from 1 s to 5 min.
        retry_after: Option<Duration>,
    },
    /// No connection could be made, or it was closed early.
    #[error("the server cannot be reached: {0}")]
    Unreachable(ConnectFailure),
    #[error("the server's certificate is not trusted: {0}")]
    Untrusted(CertificateFlaw),
    /// The proxy did not connect to the server.
    #[error("the proxy {proxy} {flaw}")]
    Proxy {
        /// The proxy's address without its user.
        proxy: String,
        /// How the proxy failed.
        flaw: ProxyFlaw,
    },
    /// No complete answer within the timeout.
    #[error("the server did not answer in time")]
    TimedOut,
    #[error("the server redirects token requests to {to}, which is never followed")]
    Redirected {
        /// The target.
        to: Target,
    },
    #[error("the server's answer is no token: {0}")]
    BadAnswer(AnswerFlaw),
    /// The profile's CA bundle cannot be used.
    #[error("the CA bundle {} {flaw}", crate::base::sanitize::clean(path.as_os_str().as_encoded_bytes(), 300))]
    CaBundle {
        /// The bundle's path.
        path: PathBuf,
        /// Why.
        flaw: CaBundleFlaw,
    },
    #[error("the client ID or user name holds a colon or a control character, which HTTP cannot carry")]
    BadName,
}

/// Why no connection to a server could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectFailure {
    /// The host's name has no address.
    #[error("its name cannot be looked up")]
    NameLookup,
    /// Nothing listens on the port.
    #[error("the connection is refused")]
    ConnectionRefused,
    /// The connection was closed before the answer was complete.
    #[error("the connection broke off")]
    Closed,
    /// There is no route to the network.
    #[error("there is no route to its network")]
    NoRoute,
    /// No TLS connection could be negotiated.
    #[error("it does not speak TLS 1.2 or 1.3 there")]
    NoTls,
    /// The server speaks TLS, but not HTTP/1.1.
    #[error("it does not speak HTTP/1.1 there, perhaps HTTP/2 alone")]
    NoHttp1,
    /// The server closed the connection because it wants a client certificate.
    #[error("it wants a client certificate, which cp-token does not have")]
    ClientCertificate,
    /// Anything else.
    #[error("the connection failed")]
    Other,
}

/// How a proxy failed to connect to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum ProxyFlaw {
    /// No connection to the proxy could be made.
    #[error("cannot be reached: {0}")]
    Unreachable(ConnectFailure),
    #[error("closed the connection when it was asked for a tunnel to the server")]
    Closed,
    /// The proxy answered, but not with 200: it may not or cannot connect, or is no proxy.
    #[error("does not open a tunnel to the server")]
    NoTunnel,
    #[error("did not open a tunnel to the server in time")]
    TimedOut,
    /// The proxy answered 407 to a request without a user and password.
    #[error("asks for a user and password (HTTP 407)")]
    CredentialsRequired,
    #[error("refused the user or the password that it was given (HTTP 407)")]
    CredentialsRefused,
}

/// The target of a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Another origin, which a person could choose as the URL.
    Origin(RequestUrl),
    /// Another origin without TLS, to which no secret is sent.
    Unencrypted(String),
    /// Another page of the same origin.
    SameOrigin,
    /// Another origin, of which nothing is shown, because the server could choose its name freely.
    Elsewhere,
    /// No target, or no valid origin. Nothing of it is shown.
    Invalid,
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => write!(out, "{origin}"),
            Self::Unencrypted(origin) => out.write_str(origin),
            Self::SameOrigin => out.write_str("another of its own pages"),
            Self::Elsewhere => out.write_str("a host that cp-token does not know"),
            Self::Invalid => out.write_str("a place that is no request URL"),
        }
    }
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum CertificateFlaw {
    #[error("it has expired, or this computer's clock is wrong")]
    Expired,
    #[error("it is not valid yet, or this computer's clock is wrong")]
    NotYetValid,
    #[error("it is for another host")]
    WrongHost,
    /// No trusted root has signed it.
    #[error("its issuer is unknown")]
    UnknownIssuer,
    #[error("it was revoked")]
    Revoked,
    #[error("it is no server's: signed by itself, broken or for another purpose")]
    Unsuitable,
    #[error("this system has no CA certificates")]
    NoRoots,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum AnswerFlaw {
    /// An undocumented status.
    #[error("unexpected {0}")]
    Status(AnswerDescription),
    /// It is not HTTP, or its headers are too large.
    #[error("it is not proper HTTP/1.1")]
    NotHttp,
    /// It has no end, such as endless interim answers.
    #[error("it has no end")]
    Endless,
    #[error("it is longer than 64 KiB")]
    TooLong,
    #[error("it is not a JSON object")]
    NotJson,
    /// A field occurs twice, so that two parsers could differ.
    #[error("it gives the same field twice")]
    Duplicate,
    /// It has no `access_token`, or no `v3_user_token` for a user.
    #[error("it has no token")]
    NoToken,
    /// Its token is not a valid bearer token (RFC 6750, section 2.1).
    #[error("its token breaks the grammar of bearer tokens")]
    TokenGrammar,
    #[error("its token_type is not bearer")]
    TokenType,
    #[error("its expires_in is not a number")]
    ExpiresIn,
}

/// Why a CA bundle cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum CaBundleFlaw {
    /// Others could have written or replaced it. The text is ours.
    #[error("is not used: {0}")]
    Distrusted(String),
    /// Reading it timed out.
    #[error("could not be read in time")]
    TimedOut,
    #[error("does not exist")]
    Absent,
    /// It is a directory, a pipe or a device.
    #[error("is no plain file")]
    WrongKind,
    #[error("is larger than 4 MiB")]
    TooLarge,
    /// The system does not let us read it.
    #[error("cannot be read by this user")]
    Unreadable,
    #[error("holds no certificate in PEM form")]
    Empty,
    #[error("holds a certificate that is broken")]
    Broken,
}

impl TokenRequestError {
    /// The pause that the server asks for, if any.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Busy { retry_after } | Self::ServerFailed { retry_after, .. } = self {
            return *retry_after;
        }
        None
    }

    /// The same error with this much left of the pause.
    #[must_use]
    pub fn with_retry_after(mut self, left: Duration) -> Self {
        if let Self::Busy { retry_after } | Self::ServerFailed { retry_after, .. } = &mut self {
            *retry_after = Some(left);
        }
        self
    }

    /// Whether the server says that a one-time code is missing. False means nothing.
    pub fn asks_for_code(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                answer: AnswerDescription { content: Content::Error(KnownError::CodeRequired), .. },
                ..
            }
        )
    }
}

fn doubt(is_doubtful: bool) -> &'static str {
    if is_doubtful { ", perhaps not from CrashPlan" } else { "" }
}
