//! Owns the route of one exchange: its proxy, the proxy's credentials, and which errors are the proxy's. It must not know
//! HTTP.

use std::error::Error;

use cp_token_protocol::Secret;
use zeroize::Zeroizing;

use super::error::{ProxyFlaw, TokenRequestError};
use super::{basic, transport};
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

/// The route to a server.
#[derive(Debug, Clone)]
pub(super) enum Route {
    /// No proxy.
    Direct,
    /// Through a proxy, with `CONNECT`.
    Proxy {
        /// The proxy's address without its user.
        origin: String,
        /// The value of the `Proxy-Authorization` header.
        authorization: Option<Zeroizing<Vec<u8>>>,
    },
}

impl Route {
    /// The route to `url` by these settings. The proxy's user is sent only together with a password.
    pub(super) fn of(
        network: &Network,
        url: &RequestUrl,
        password: Option<&Secret>,
    ) -> Result<Self, TokenRequestError> {
        let Some(proxy) = network.proxy_for(url) else { return Ok(Self::Direct) };
        let credentials = proxy.user().zip(password);
        let authorization = credentials.map(|(user, password)| basic::authorization(user, password));
        Ok(Self::Proxy { origin: proxy.origin().to_owned(), authorization: authorization.transpose()? })
    }

    /// The proxy's error, if the error is the proxy's. `is_late` says that connecting timed out.
    pub(super) fn classify(&self, error: &(dyn Error + 'static), is_late: bool) -> Option<TokenRequestError> {
        let Self::Proxy { origin, authorization } = self else { return None };
        let flaw = match transport::classify_proxy(error, authorization.is_some()) {
            Some(flaw) => flaw,
            None if is_late => ProxyFlaw::TimedOut,
            None => return None,
        };
        Some(TokenRequestError::Proxy { proxy: origin.clone(), flaw })
    }
}
