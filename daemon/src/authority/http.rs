//! Owns the HTTP exchange: what is sent, all limits of what is read, in one place. It must not read what an answer means,
//! and nothing of it outlives an exchange. There is no redirect, no retry, no cookie and no proxy of the environment,
//! because nothing here knows of them.

use std::path::PathBuf;
use std::time::Duration;

use cp_token_protocol::Secret;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, HeaderName, HeaderValue,
};
use hyper::header::{LOCATION, RETRY_AFTER, USER_AGENT};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::client_certificate::CertificateRequest;
use super::connection::{Connection, NoBody, next_piece};
use super::response::Answer;
use super::way::Way;
use super::{Obstacle, TokenRequestError, roots};
use crate::background;
use crate::profile::Network;
use crate::request_url::RequestUrl;

/// The longest time that an exchange takes, from reading the roots to the last byte of the answer.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(25);
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
}

/// Sends the one request and reads the one answer, over a connection made for it and closed after it.
pub(super) async fn exchange(exchange: Exchange) -> Result<Answer, TokenRequestError> {
    match tokio::time::timeout(TOTAL_TIMEOUT, send(exchange)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(TokenRequestError::TimedOut),
    }
}

async fn send(exchange: Exchange) -> Result<Answer, TokenRequestError> {
    let request = request(&exchange)?;
    let way = Way::of(&exchange.network, &exchange.url, exchange.proxy_password.as_ref())?;
    let https = exchange.url.as_str().starts_with("https:");
    let asked = CertificateRequest::default();
    let tls = prepare(exchange.network.ca_bundle, https, asked.clone()).await?;
    drop((exchange.authorization, exchange.proxy_password));
    let outcome = converse(&way, &exchange.url, tls, request).await;
    asked.explain(outcome)
}

async fn converse(
    way: &Way,
    url: &RequestUrl,
    tls: Option<ClientConfig>,
    request: Request<NoBody>,
) -> Result<Answer, TokenRequestError> {
    Connection::open(way, url.as_str(), tls).await?.exchange(request, read).await
}

/// Reading a system's roots takes milliseconds, which the runtime's one thread does not have. Where there is no TLS,
/// only the bundle of the profile is read.
async fn prepare(
    ca_bundle: Option<PathBuf>,
    https: bool,
    asked: CertificateRequest,
) -> Result<Option<ClientConfig>, TokenRequestError> {
    let made = background::run(move || roots::tls_config(ca_bundle, https, asked)).await;
    let config = made.unwrap_or(Err(TokenRequestError::Unreachable(Obstacle::Other)))?;
    Ok(https.then_some(config))
}

fn request(exchange: &Exchange) -> Result<Request<NoBody>, TokenRequestError> {
    let mut request = Request::new(NoBody);
    *request.method_mut() = match exchange.method {
        Method::Post => hyper::Method::POST,
        Method::Get => hyper::Method::GET,
        Method::Head => hyper::Method::HEAD,
    };
    *request.uri_mut() = hyper::Uri::from_static(exchange.resource);
    let host = exchange.url.as_str().split_once("://").map_or("", |(_, host)| host);
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| TokenRequestError::BadName)?);
    if let Some(authorization) = &exchange.authorization {
        headers.insert(AUTHORIZATION, sensitive(authorization)?);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // As a header of the request it is the server's to see, and not the proxy's.
    headers.insert(USER_AGENT, HeaderValue::from_static(PRODUCT));
    if let Method::Post = exchange.method {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if let Some(code) = &exchange.code {
        headers.insert(HeaderName::from_static("totp-auth"), sensitive(code.expose())?);
    }
    Ok(request)
}

/// A header's value that no library may print or keep.
pub(super) fn sensitive(bytes: &[u8]) -> Result<HeaderValue, TokenRequestError> {
    let mut value = HeaderValue::from_bytes(bytes).map_err(|_| TokenRequestError::BadName)?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(response: hyper::Response<Incoming>) -> Result<Answer, TokenRequestError> {
    let status = response.status().as_u16();
    let header = |name: HeaderName| {
        let value = response.headers().get(name)?.as_bytes();
        Some(value[..value.len().min(HEADER_LIMIT)].to_vec())
    };
    let (location, retry_after) = (header(LOCATION), header(RETRY_AFTER));
    let (date, content_type) = (header(DATE), header(CONTENT_TYPE));
    let (body, is_whole) = match read_body(response.into_body()).await {
        Ok(outcome) => outcome,
        // The status of a refusal has said it all; its body would only add words.
        Err(_) if !matches!(status, 200 | 201) => (Zeroizing::default(), false),
        Err(error) => return Err(error),
    };
    Ok(Answer {
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

async fn read_body(mut response: Incoming) -> Result<(Zeroizing<Vec<u8>>, bool), TokenRequestError> {
    // The whole room is made at once: a growing one would leave copies of a token behind.
    let mut body = Zeroizing::new(Vec::with_capacity(BODY_LIMIT));
    while let Some(piece) = next_piece(&mut response).await {
        let piece = piece?;
        let room = BODY_LIMIT - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return Ok((body, false));
        }
    }
    Ok((body, true))
}
