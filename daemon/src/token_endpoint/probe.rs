//! Owns a look at a server that wants nothing of it: whether its name leads anywhere, whether it proves who it is, what
//! its clock says. It must not send a secret, and asks for no token.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Secret;
use url::Url;

use super::error::{ConnectFailure, TokenRequestError};
use super::http::{self, Exchange, Method};
use super::progress::Progress;
use super::{resolver, response};
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

/// The longest that a look takes, shorter than a token request: a person waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where the token resources lie, without being one of them. It need not exist: a server that refuses the request has
/// shown all that is looked for.
const RESOURCE: &str = "/api/v3/";

/// What a server shows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeResult {
    /// The HTTP status.
    pub status: u16,
    /// Its clock, as time since 1970, to the second; absent where it does not say.
    pub date: Option<Duration>,
}

/// Asks the server for the head of a page, without any credential. A proxy on the way is given its own user and
/// password, which it needs to lead on.
///
/// # Errors
/// [`TokenRequestError`], as a token request would end.
pub async fn probe(
    url: &RequestUrl,
    network: &Network,
    proxy_password: Option<&Secret>,
    progress: Arc<dyn Progress>,
) -> Result<ProbeResult, TokenRequestError> {
    let exchange = Exchange {
        method: Method::Head,
        url: url.clone(),
        resource: RESOURCE,
        authorization: None,
        code: None,
        network: network.clone(),
        proxy_password: proxy_password.map(|word| Secret::copy_of(word.expose())),
        progress,
    };
    let answer = in_time(http::exchange(exchange)).await?;
    response::probe_result(&answer, url)
}

/// How many addresses the host has that a request to `url` connects to: the proxy's, else the server's.
///
/// # Errors
/// [`TokenRequestError::Unreachable`] or [`TokenRequestError::TimedOut`].
pub async fn resolve(url: &RequestUrl, network: &Network) -> Result<(String, usize), TokenRequestError> {
    let unknown = TokenRequestError::Unreachable(ConnectFailure::NameLookup);
    let next = network.proxy_for(url).map_or(url.as_str(), |proxy| proxy.origin());
    let host = Url::parse(next).ok().and_then(|next| next.host_str().map(str::to_owned));
    let host = host.ok_or_else(|| unknown.clone())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let found = in_time(async { resolver::addresses(&bare).await.map_err(|_| unknown.clone()) }).await?;
    if found.is_empty() { Err(unknown) } else { Ok((host, found.len())) }
}

async fn in_time<T>(
    work: impl Future<Output = Result<T, TokenRequestError>>,
) -> Result<T, TokenRequestError> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(TokenRequestError::TimedOut))
}
