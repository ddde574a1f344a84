//! Owns the way of one exchange: through which proxy it goes, what that proxy is given, and when it is to blame. It
//! must not know how HTTP is spoken.

use std::error::Error;

use cp_token_protocol::Secret;
use zeroize::Zeroizing;

use super::error::{ProxyFlaw, TokenRequestError};
use super::{basic, transport};
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

/// The way to a server.
#[derive(Debug, Clone)]
pub(super) enum Route {
    /// Nobody is between.
    Direct,
    /// A proxy is asked to `CONNECT`.
    Proxy {
        /// The proxy's address without its user.
        origin: String,
        /// The value of the `Proxy-Authorization` header.
        authorization: Option<Zeroizing<Vec<u8>>>,
    },
}

impl Route {
    /// The way to `url` in this network. A proxy's user is named only together with a password.
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

    /// What the proxy is to blame for; nothing where it is not. `is_late` is whether no connection stood in time.
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
