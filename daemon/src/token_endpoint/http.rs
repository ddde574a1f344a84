//! Owns the HTTP exchange, and is the only file that names reqwest: one constructor for every client, all its
//! limits in one place. It must not read what an answer means, and nothing of it outlives an exchange.

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

use super::bounded::Allowance;
use super::client_certificate::CertificateRequest;
use super::error::{CaBundleFlaw, ConnectFailure, TokenRequestError};
use super::progress::Progress;
use super::progress::Watcher;
use super::response::HttpAnswer;
use super::route::Route;
use super::{resolver, roots, thread, transport};
use crate::base::blocking;
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

/// The longest time that a connection takes to stand, its TLS handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time that an exchange takes, from reading the roots to the last byte of the answer.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(25);
/// The longest wait for the CA bundle, which may lie on a disk that hangs.
const ROOTS_TIMEOUT: Duration = Duration::from_secs(5);
/// What stands for the system's own bundles, wherever they lie.
const SYSTEM_ROOTS: &str = "/etc/ssl";
/// The most bytes of a body that are read.
const BODY_LIMIT: usize = 64 * 1024;
/// The most bytes of a header that are looked at.
const HEADER_LIMIT: usize = 2048;
/// How we name ourselves (RFC 9110, section 10.1.5).
const PRODUCT: &str = concat!("cp-token/", env!("CARGO_PKG_VERSION"));

/// The methods that resources are asked by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method {
    /// For an API client.
    Post,
    /// For a user.
    Get,
    /// For a look that wants no token.
    Head,
}

/// One request without a body.
pub(super) struct Exchange {
    /// How.
    pub(super) method: Method,
    /// Where to.
    pub(super) url: RequestUrl,
    /// The resource: path and query.
    pub(super) resource: &'static str,
    /// The value of the `Authorization` header.
    pub(super) authorization: Option<Zeroizing<Vec<u8>>>,
    /// The value of the `totp-auth` header.
    pub(super) code: Option<Secret>,
    /// The way there.
    pub(super) network: Network,
    /// The password of the proxy's user.
    pub(super) proxy_password: Option<Secret>,
    /// Who watches how far it comes.
    pub(super) progress: Arc<dyn Progress>,
}

/// Sends the one request and reads the one answer, over a connection made for it and closed after it.
pub(super) async fn exchange(exchange: Exchange) -> Result<HttpAnswer, TokenRequestError> {
    match tokio::time::timeout(TOTAL_TIMEOUT, bounded(exchange)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(TokenRequestError::TimedOut),
    }
}

/// What comes over TLS is counted. Without TLS, from a test double on a loopback address, the client lends nobody its
/// streams.
async fn bounded(exchange: Exchange) -> Result<HttpAnswer, TokenRequestError> {
    match exchange.url.as_str().starts_with("https:") {
        true => send(exchange).await,
        false => thread::run(move || send(exchange)).await,
    }
}

async fn send(exchange: Exchange) -> Result<HttpAnswer, TokenRequestError> {
    let headers = headers(&exchange)?;
    let way = Route::of(&exchange.network, &exchange.url, exchange.proxy_password.as_ref())?;
    let https = exchange.url.as_str().starts_with("https:");
    let asked = CertificateRequest::default();
    let watcher = Watcher(exchange.progress);
    let (client, _allowance) =
        prepare(exchange.network.ca_bundle, way.clone(), https, asked.clone(), watcher).await?;
    drop((exchange.authorization, exchange.proxy_password));
    let url = exchange.url.endpoint(exchange.resource);
    let request = match exchange.method {
        Method::Post => client.post(url).header(CONTENT_LENGTH, "0"),
        Method::Get => client.get(url),
        Method::Head => client.head(url),
    };
    let outcome = match request.headers(headers).send().await {
        Ok(response) => read(response).await,
        Err(error) => Err(classify_on(&way, &error)),
    };
    asked.explain(outcome)
}

/// Reading a system's roots takes milliseconds, which the runtime's one thread does not have.
async fn prepare(
    ca_bundle: Option<PathBuf>,
    way: Route,
    https: bool,
    asked: CertificateRequest,
    watcher: Watcher,
) -> Result<(Client, Arc<Allowance>), TokenRequestError> {
    let path = ca_bundle.clone().unwrap_or_else(|| SYSTEM_ROOTS.into());
    of_roots(path, move || client(ca_bundle, &way, https, asked, watcher)).await
}

/// Passes where the profile's own CA bundle, if it has one, can be used. It may lie on a disk that hangs.
pub async fn check_ca_bundle(network: &Network) -> Result<(), TokenRequestError> {
    let Some(path) = network.ca_bundle.clone() else { return Ok(()) };
    let own = path.clone();
    of_roots(path, move || roots::check_bundle(&own)).await
}

/// What comes of work that reads these roots, in the time that it may take.
async fn of_roots<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> Result<T, TokenRequestError> + Send + 'static,
) -> Result<T, TokenRequestError> {
    let resource = path.to_string_lossy();
    match tokio::time::timeout(ROOTS_TIMEOUT, blocking::on(&resource, work)).await {
        Ok(made) => made.unwrap_or(Err(TokenRequestError::Unreachable(ConnectFailure::Other))),
        Err(_) => Err(TokenRequestError::CaBundle { path, flaw: CaBundleFlaw::Hangs }),
    }
}

/// The one constructor. Proxies, roots, key logs and redirects that anything but the profile asks for are off.
///
/// What comes over TLS counts against the allowance.
fn client(
    ca_bundle: Option<PathBuf>,
    way: &Route,
    https: bool,
    asked: CertificateRequest,
    watcher: Watcher,
) -> Result<(Client, Arc<Allowance>), TokenRequestError> {
    let (allowance, provider) = Allowance::new();
    let mut builder = Client::builder()
        .tls_backend_preconfigured(roots::tls_config(ca_bundle, https, asked, watcher.clone(), provider)?)
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
        .dns_resolver(Arc::new(SystemNames));
    if let Route::Proxy { origin, authorization } = way {
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
    // As a header of the request it is the server's to see, and not the proxy's.
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
    let (body, is_whole) = match read_body(response).await {
        Ok(outcome) => outcome,
        // The status of a refusal has said it all; its body would only add words.
        Err(_) if !matches!(status, 200 | 201) => (Zeroizing::default(), false),
        Err(error) => return Err(classify(&error)),
    };
    Ok(HttpAnswer {
        status,
        location,
        retry_after,
        date,
        content_type,
        body,
        is_whole,
        wanted_certificate: false,
    })
}

fn header(response: &Response, name: HeaderName) -> Option<Vec<u8>> {
    let value = response.headers().get(name)?.as_bytes();
    Some(value[..value.len().min(HEADER_LIMIT)].to_vec())
}

async fn read_body(mut response: Response) -> Result<(Zeroizing<Vec<u8>>, bool), reqwest::Error> {
    // The whole room is made at once: a growing one would leave copies of a token behind.
    let mut body = Zeroizing::new(Vec::with_capacity(BODY_LIMIT));
    while let Some(piece) = response.chunk().await? {
        let room = BODY_LIMIT - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return Ok((body, false));
        }
    }
    Ok((body, true))
}

fn classify_on(way: &Route, error: &reqwest::Error) -> TokenRequestError {
    way.classify(error, error.is_timeout() && error.is_connect()).unwrap_or_else(|| classify(error))
}

fn classify(error: &reqwest::Error) -> TokenRequestError {
    if error.is_timeout() {
        return TokenRequestError::TimedOut;
    }
    transport::classify(error)
}

/// The lookup of [`names`], in the form that the client asks for.
struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = resolver::addresses(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
