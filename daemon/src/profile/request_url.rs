//! Owns the grammar of a request URL. It is strict, and corrects nothing: what a person reads is where the secret goes.

use std::fmt;

use url::{Host, Url};

/// An origin: scheme, lower-case ASCII host, and a port where it is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestUrl(String);

/// Why a text is not a request URL. It repeats nothing of the text, and continues a sentence: "the request URL …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum RequestUrlError {
    /// It is no URL at all.
    #[error("must look like https://console.us2.crashplan.com")]
    NotAUrl,
    #[error(
        "has a character outside visible ASCII; write it by hand, like https://console.us2.crashplan.com"
    )]
    OddCharacter,
    #[error("must start with https://, like https://console.us2.crashplan.com")]
    NotHttps,
    #[error("must be https; http is only for a loopback address in a profile with insecure_http")]
    HttpNotAllowed,
    /// It is `http` to another machine.
    #[error("may be http to localhost, 127.0.0.0/8 and [::1] only; use https for every other server")]
    HttpBeyondLoopback,
    #[error("must not hold a user name or password; leave out everything up to the @")]
    UserInfo,
    #[error("must end after the host, like https://console.us2.crashplan.com; leave out the path")]
    Path,
    /// It has a query or fragment.
    #[error("must end after the host, like https://console.us2.crashplan.com; leave out ? and #")]
    QueryOrFragment,
    /// Its host is empty, percent-encoded, ends in a dot or is otherwise unusual.
    #[error("must have a plain name or address as its host, like console.us2.crashplan.com")]
    Host,
    #[error("must have a port from 1 to 65535, or none")]
    Port,
}

impl RequestUrl {
    /// Takes the text if it is an origin to which a secret may be sent: `https`, or `http` to a loopback address
    /// where `insecure_http` says so. Upper case, the scheme's default port and one final slash are normalised.
    pub fn parse(text: &str, insecure_http: bool) -> Result<Self, RequestUrlError> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RequestUrlError::OddCharacter);
        }
        let text = text.to_ascii_lowercase();
        let authority = authority(&text)?;
        let url = Url::parse(&text).map_err(classify)?;
        require_usual_form(&url, authority)?;
        require_safe_scheme(&url, insecure_http)?;
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// The origin, without a final slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of a resource of this origin. `path_and_query` starts with a slash and is ours, never foreign.
    pub fn endpoint(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.0)
    }
}

impl fmt::Display for RequestUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The authority (RFC 3986, section 3.2), if nothing else follows the scheme.
fn authority(text: &str) -> Result<&str, RequestUrlError> {
    let (scheme, rest) = text.split_once("://").ok_or(RequestUrlError::NotAUrl)?;
    if !["https", "http"].contains(&scheme) {
        return Err(RequestUrlError::NotHttps);
    }
    // The error is about the first part that does not belong there.
    for character in rest.chars() {
        match character {
            '@' => return Err(RequestUrlError::UserInfo),
            '?' | '#' => return Err(RequestUrlError::QueryOrFragment),
            '\\' => return Err(RequestUrlError::Host),
            '/' => break,
            _ => {}
        }
    }
    match rest.split_once('/') {
        None => Ok(rest),
        Some((authority, "")) => Ok(authority),
        Some((_, path)) if path.starts_with(['?', '#']) => Err(RequestUrlError::QueryOrFragment),
        Some(_) => Err(RequestUrlError::Path),
    }
}

fn classify(flaw: url::ParseError) -> RequestUrlError {
    if flaw == url::ParseError::InvalidPort { RequestUrlError::Port } else { RequestUrlError::Host }
}

/// Whether the authority is written as the parser reads it: no `127.1`, percent-encoding, final dot or padded port.
fn require_usual_form(url: &Url, authority: &str) -> Result<(), RequestUrlError> {
    let host = url.host_str().ok_or(RequestUrlError::Host)?;
    let port = authority.strip_prefix(host).ok_or(RequestUrlError::Host)?;
    if !is_plain_host(url) {
        return Err(RequestUrlError::Host);
    }
    let written = url.port_or_known_default().map(|number| format!(":{number}"));
    match (port, url.port()) {
        ("", None) => Ok(()),
        (port, _) if url.port() != Some(0) && written.as_deref() == Some(port) => Ok(()),
        _ => Err(RequestUrlError::Port),
    }
}

fn is_plain_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.len() <= 253 && name.split('.').all(is_plain_label),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

fn is_plain_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=63).contains(&label.len()) && label.bytes().all(is_inner)
}

fn require_safe_scheme(url: &Url, insecure_http: bool) -> Result<(), RequestUrlError> {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match (url.scheme(), insecure_http, is_loopback) {
        ("https", _, _) | ("http", true, true) => Ok(()),
        ("http", true, false) => Err(RequestUrlError::HttpBeyondLoopback),
        ("http", false, _) => Err(RequestUrlError::HttpNotAllowed),
        _ => Err(RequestUrlError::NotHttps),
    }
}

#[cfg(test)]
mod tests;
