//! Owns reading one HTTP/1.1 request off a stream. It decides nothing about the answer.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt};

/// More than any client of this server has reason to send; beyond it the connection is closed.
const LIMIT: usize = 256 * 1024;

/// One request as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, as sent.
    pub method: String,
    /// The path without the query, not decoded.
    pub path: String,
    /// What follows the `?`, if there is one, not decoded.
    pub query: Option<String>,
    /// Name and value of every header in order, names as sent, values trimmed.
    pub headers: Vec<(String, String)>,
    /// The body, as far as `Content-Length` announces one.
    pub body: Vec<u8>,
}

/// What the `Authorization` header carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Authorization {
    Absent,
    Basic { name: String, secret: String },
    Bearer(String),
    Unreadable,
}

impl Request {
    /// The value of the first header of this name, in whatever case it was sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a query parameter, not decoded. The parameter's name is compared without regard to case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.query.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn authorization(&self) -> Authorization {
        let Some(value) = self.header("Authorization") else {
            return Authorization::Absent;
        };
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Authorization::Bearer(token.into())
            }
            Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => basic(pair),
            Some(_) | None => Authorization::Unreadable,
        }
    }
}

fn basic(encoded: &str) -> Authorization {
    let pair = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((name, secret)) => Authorization::Basic { name: name.into(), secret: secret.into() },
        None => Authorization::Unreadable,
    }
}

/// Reads one request. `None` when the stream ends first or holds no HTTP/1 request.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Request>> {
    let mut received = Vec::new();
    let head_end = loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if received.len() > LIMIT || stream.read_buf(&mut received).await? == 0 {
            return Ok(None);
        }
    };
    let body = received.split_off(head_end + 4);
    let Some(mut request) = parse(&received[..head_end]) else {
        return Ok(None);
    };
    request.body = body;
    read_body(stream, &mut request).await?;
    Ok(Some(request))
}

async fn read_body(stream: &mut (impl AsyncRead + Unpin), request: &mut Request) -> io::Result<()> {
    let announced = request.header("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while request.body.len() < usize::min(announced, LIMIT) {
        if stream.read_buf(&mut request.body).await? == 0 {
            break;
        }
    }
    Ok(())
}

fn parse(head: &[u8]) -> Option<Request> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if !version.starts_with("HTTP/1.") {
        return None;
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
    Some(Request { method: method.into(), path: path.into(), query, headers, body: Vec::new() })
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim().to_owned()))
}
