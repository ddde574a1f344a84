//! Owns the HTTP exchange, and is the only file that names reqwest: one constructor of clients, with all limits. It must
//! not interpret an answer, and keeps nothing between two exchanges.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Secret;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, USER_AGENT,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, Response};
use zeroize::Zeroizing;

use super::answer::HttpAnswer;
use super::bounded::Allowance;
use super::client_certificate::CertificateRequest;
use super::error::{CaBundleFlaw, ConnectFailure, TokenRequestError};
use super::progress::{Progress, Watcher};
use super::route::Route;
use super::{resolver, roots, thread, transport};
use crate::base::blocking;
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

/// The timeout of connecting, including the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of an exchange, from reading the roots to the last byte of the answer.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(25);
/// The timeout of reading the CA bundle, whose disk may hang.
const ROOTS_TIMEOUT: Duration = Duration::from_secs(5);
/// Stands for all bundles of the system.
const SYSTEM_ROOTS: &str = "/etc/ssl";
/// The most bytes of a body that are read.
const MAX_BODY_LENGTH: usize = 64 * 1024;
/// The most bytes of a header that are kept.
const MAX_HEADER_LENGTH: usize = 2048;
/// The `User-Agent` (RFC 9110, section 10.1.5).
const PRODUCT: &str = concat!("cp-token/", env!("CARGO_PKG_VERSION"));

/// The method of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method {
    /// Requests a token of an API client.
    Post,
    /// Requests a token of a user.
    Get,
    /// Probes the server.
    Head,
}

/// One request without a body.
pub(super) struct Exchange {
    pub(super) method: Method,
    pub(super) url: RequestUrl,
    /// The resource: path and query.
    pub(super) resource: &'static str,
    /// The value of the `Authorization` header.
    pub(super) authorization: Option<Zeroizing<Vec<u8>>>,
    /// The value of the `totp-auth` header.
    pub(super) code: Option<Secret>,
    /// The proxy and CA settings.
    pub(super) network: Network,
    /// The password of the proxy's user.
    pub(super) proxy_password: Option<Secret>,
    /// Is notified of the progress.
    pub(super) progress: Arc<dyn Progress>,
}

/// Sends the one request and reads the one answer, over a connection made for it and closed after it.
pub(super) async fn exchange(exchange: Exchange) -> Result<HttpAnswer, TokenRequestError> {
    match tokio::time::timeout(TOTAL_TIMEOUT, limited(exchange)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(TokenRequestError::TimedOut),
    }
}

/// The bytes of TLS are counted. Without TLS, for a test double on a loopback address, the processor time is limited.
async fn limited(exchange: Exchange) -> Result<HttpAnswer, TokenRequestError> {
    match exchange.url.as_str().starts_with("https:") {
        true => send(exchange).await,
        false => thread::run(move || send(exchange)).await,
    }
}

async fn send(exchange: Exchange) -> Result<HttpAnswer, TokenRequestError> {
    let headers = headers(&exchange)?;
    let route = Route::of(&exchange.network, &exchange.url, exchange.proxy_password.as_ref())?;
    let https = exchange.url.as_str().starts_with("https:");
    let certificate_request = CertificateRequest::default();
    let watcher = Watcher(exchange.progress);
    let (client, _allowance) =
        prepare(exchange.network.ca_bundle, route.clone(), https, certificate_request.clone(), watcher)
            .await?;
    drop((exchange.authorization, exchange.proxy_password));
    let url = exchange.url.endpoint(exchange.resource);
    let request = match exchange.method {
        Method::Post => client.post(url).header(CONTENT_LENGTH, "0"),
        Method::Get => client.get(url),
        Method::Head => client.head(url),
    };
    let outcome = match request.headers(headers).send().await {
        Ok(response) => read(response).await,
        Err(error) => Err(classify_on(&route, &error)),
    };
    certificate_request.explain(outcome)
}

/// Makes the client on another thread: reading the system's roots takes milliseconds.
async fn prepare(
    ca_bundle: Option<PathBuf>,
    route: Route,
    https: bool,
    certificate_request: CertificateRequest,
    watcher: Watcher,
) -> Result<(Client, Arc<Allowance>), TokenRequestError> {
    let path = ca_bundle.clone().unwrap_or_else(|| SYSTEM_ROOTS.into());
    read_roots(path, move || client(ca_bundle, &route, https, certificate_request, watcher)).await
}

/// Checks that the CA bundle of these settings, if any, can be used.
///
/// # Errors
/// [`TokenRequestError::CaBundle`].
pub async fn check_ca_bundle(network: &Network) -> Result<(), TokenRequestError> {
    let Some(path) = network.ca_bundle.clone() else { return Ok(()) };
    let own = path.clone();
    read_roots(path, move || roots::check_bundle(&own)).await
}

/// Runs work that reads these roots, on another thread and with a timeout.
async fn read_roots<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> Result<T, TokenRequestError> + Send + 'static,
) -> Result<T, TokenRequestError> {
    let resource = path.to_string_lossy();
    match tokio::time::timeout(ROOTS_TIMEOUT, blocking::on(&resource, work)).await {
        Ok(outcome) => outcome.unwrap_or(Err(TokenRequestError::Unreachable(ConnectFailure::Other))),
        Err(_) => Err(TokenRequestError::CaBundle { path, flaw: CaBundleFlaw::TimedOut }),
    }
}

/// The one constructor. Proxies, roots, key logs and redirects are used only if the profile says so. The bytes of TLS
/// count against the allowance.
fn client(
    ca_bundle: Option<PathBuf>,
    route: &Route,
    https: bool,
    certificate_request: CertificateRequest,
    watcher: Watcher,
) -> Result<(Client, Arc<Allowance>), TokenRequestError> {
    let (allowance, provider) = Allowance::new();
    let mut builder = Client::builder()
        .tls_backend_preconfigured(roots::tls_config(
            ca_bundle,
            https,
            certificate_request,
            watcher.clone(),
            provider,
        )?)
        .https_only(https)
        .http1_only()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .connector_layer(watcher)
        .pool_max_idle_per_host(0)
        .connection_verbose(false)
        .dns_resolver(Arc::new(SystemResolver));
    if let Route::Proxy { origin, authorization } = route {
        builder = builder.proxy(proxy(origin, authorization.as_deref())?);
    }
    Ok((builder.build().map_err(|error| classify(&error))?, allowance))
}

fn proxy(origin: &str, authorization: Option<&Vec<u8>>) -> Result<Proxy, TokenRequestError> {
    let proxy = Proxy::https(origin).map_err(|error| classify(&error))?;
    Ok(match authorization {
        Some(authorization) => proxy.custom_http_auth(sensitive(authorization)?),
        None => proxy,
    })
}

fn headers(exchange: &Exchange) -> Result<HeaderMap, TokenRequestError> {
    let mut headers = HeaderMap::new();
    if let Some(authorization) = &exchange.authorization {
        headers.insert(AUTHORIZATION, sensitive(authorization)?);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // A header of the request goes to the server, and not to the proxy.
    headers.insert(USER_AGENT, HeaderValue::from_static(PRODUCT));
    if let Some(code) = &exchange.code {
        headers.insert(HeaderName::from_static("totp-auth"), sensitive(code.expose())?);
    }
    Ok(headers)
}

fn sensitive(bytes: &[u8]) -> Result<HeaderValue, TokenRequestError> {
    let mut value = HeaderValue::from_bytes(bytes).map_err(|_| TokenRequestError::BadName)?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(response: Response) -> Result<HttpAnswer, TokenRequestError> {
    let status = response.status().as_u16();
    let location = header(&response, LOCATION);
    let retry_after = header(&response, RETRY_AFTER);
    let (date, content_type) = (header(&response, DATE), header(&response, CONTENT_TYPE));
    let wanted_certificate = false;
    let (body, is_whole) = match read_body(response).await {
        Ok(outcome) => outcome,
        // The status of a refusal is enough.
        Err(_) if !matches!(status, 200 | 201) => (Zeroizing::default(), false),
        Err(error) => return Err(classify(&error)),
    };
    Ok(HttpAnswer { status, location, retry_after, date, content_type, body, is_whole, wanted_certificate })
}

fn header(response: &Response, name: HeaderName) -> Option<Vec<u8>> {
    let value = response.headers().get(name)?.as_bytes();
    Some(value[..value.len().min(MAX_HEADER_LENGTH)].to_vec())
}

async fn read_body(mut response: Response) -> Result<(Zeroizing<Vec<u8>>, bool), reqwest::Error> {
    // Allocated once: a growing buffer would leave copies of a token behind.
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY_LENGTH));
    while let Some(chunk) = response.chunk().await? {
        let free = MAX_BODY_LENGTH - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(free)]);
        if chunk.len() > free {
            return Ok((body, false));
        }
    }
    Ok((body, true))
}

fn classify_on(route: &Route, error: &reqwest::Error) -> TokenRequestError {
    route.classify(error, error.is_timeout() && error.is_connect()).unwrap_or_else(|| classify(error))
}

fn classify(error: &reqwest::Error) -> TokenRequestError {
    if error.is_timeout() { TokenRequestError::TimedOut } else { transport::classify(error) }
}

/// The resolver as the client calls it.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = resolver::addresses(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
