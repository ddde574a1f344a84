//! Owns the probe of a server: whether its name can be resolved, whether its certificate can be verified, and its clock.
//! It must not send a secret, and requests no token.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Secret;
use url::Url;

use super::error::{ConnectFailure, TokenRequestError};
use super::http::{self, Exchange, Method};
use super::progress::Progress;
use super::resolver;
use super::response::{self, ProbeResult};
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

/// The timeout of a probe, shorter than that of a token request: a person waits for it.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
/// The path above the token resources. It need not exist: any answer will do.
const RESOURCE: &str = "/api/v3/";

/// Sends a HEAD request without a credential of the server. The proxy, if any, gets its own user and password.
///
/// # Errors
/// [`TokenRequestError`], as of a token request.
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
        proxy_password: proxy_password.map(|password| Secret::copy_of(password.expose())),
        progress,
    };
    let answer = within_timeout(http::exchange(exchange)).await?;
    response::probe_result(&answer, url)
}

/// The host that a request to `url` connects to (the proxy's, else the server's), and its number of addresses.
///
/// # Errors
/// [`TokenRequestError::Unreachable`] or [`TokenRequestError::TimedOut`].
pub async fn resolve(url: &RequestUrl, network: &Network) -> Result<(String, usize), TokenRequestError> {
    let unknown = TokenRequestError::Unreachable(ConnectFailure::NameLookup);
    let next = network.proxy_for(url).map_or(url.as_str(), |proxy| proxy.origin());
    let host = Url::parse(next).ok().and_then(|next| next.host_str().map(str::to_owned));
    let host = host.ok_or_else(|| unknown.clone())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let found =
        within_timeout(async { resolver::addresses(&bare).await.map_err(|_| unknown.clone()) }).await?;
    if found.is_empty() { Err(unknown) } else { Ok((host, found.len())) }
}

async fn within_timeout<T>(
    work: impl Future<Output = Result<T, TokenRequestError>>,
) -> Result<T, TokenRequestError> {
    tokio::time::timeout(PROBE_TIMEOUT, work).await.unwrap_or(Err(TokenRequestError::TimedOut))
}
