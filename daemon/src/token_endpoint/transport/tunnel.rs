//! Owns the classification of a proxy's errors, by the type of the tunnel's error. It must not read or pass on its text,
//! nor classify errors inside an open tunnel.

use std::error::Error;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tower_service::Service;

use super::{ConnectFailure, ProxyFlaw, TokenRequestError, causes, classify};

/// The flaw of the proxy, if the tunnel could not be opened.
pub(in crate::token_endpoint) fn classify_proxy(
    error: &(dyn Error + 'static),
    has_credentials: bool,
) -> Option<ProxyFlaw> {
    causes(error).find_map(|cause| {
        let cause = cause.downcast_ref::<<Tunnel<HttpConnector> as Service<Uri>>::Error>()?;
        Some(cause.flaw(has_credentials))
    })
}

/// The library exports its error only as the associated type of its service; this trait gives access to its variants.
trait TunnelError {
    fn flaw(&self, has_credentials: bool) -> ProxyFlaw;
}

impl TunnelError for <Tunnel<HttpConnector> as Service<Uri>>::Error {
    fn flaw(&self, has_credentials: bool) -> ProxyFlaw {
        match self {
            Self::ConnectFailed(cause) => unreachable(&**cause),
            Self::Io(_) | Self::TunnelUnexpectedEof => ProxyFlaw::Closed,
            Self::ProxyAuthRequired if has_credentials => ProxyFlaw::CredentialsRefused,
            Self::ProxyAuthRequired => ProxyFlaw::CredentialsRequired,
            Self::ProxyHeadersTooLong | Self::TunnelUnsuccessful | Self::MissingHost => ProxyFlaw::NoTunnel,
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "below TLS and HTTP, there is no other cause")]
fn unreachable(cause: &(dyn Error + 'static)) -> ProxyFlaw {
    match classify(cause) {
        TokenRequestError::Unreachable(failure) => ProxyFlaw::Unreachable(failure),
        TokenRequestError::TimedOut => ProxyFlaw::TimedOut,
        _ => ProxyFlaw::Unreachable(ConnectFailure::Other),
    }
}
