//! Owns the address of a proxy: validated, in one spelling, and never with a password in it. Pure.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Host, Url};

pub mod bypass;

/// What is percent-encoded in a user's name, so that the address is safe in a shell.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of an HTTP proxy that is asked to `CONNECT` (RFC 9110, section 9.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    origin: String,
    user: Option<String>,
}

/// Why a text is not the address of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum ProxyUrlError {
    #[error("a proxy's address is http://HOST:PORT or http://USER@HOST:PORT")]
    Form,
    #[error("only http proxies are supported: http://HOST:PORT")]
    Scheme,
    /// HTTP Basic cannot carry the name of its user.
    #[error("the user in a proxy's address has a colon, a control character or bytes that are not UTF-8")]
    User,
    #[error("a proxy's password does not belong into its address; it is asked for")]
    Password,
}

impl ProxyUrl {
    /// The address that the text is; a text without a scheme means `http`. The error repeats nothing of the text.
    pub fn parse(text: &str) -> Result<Self, ProxyUrlError> {
        if text.is_empty() || text.len() > 1024 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ProxyUrlError::Form);
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&with_scheme).map_err(|_| ProxyUrlError::Form)?;
        match url.scheme() {
            "http" => {}
            "https" | "socks4" | "socks5" | "socks5h" | "socks4a" => return Err(ProxyUrlError::Scheme),
            _ => return Err(ProxyUrlError::Form),
        }
        if url.password().is_some() {
            return Err(ProxyUrlError::Password);
        }
        let bare =
            has_plain_host(&url) && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || url.port() == Some(0) {
            return Err(ProxyUrlError::Form);
        }
        let user = percent_decode_str(url.username()).decode_utf8().map_err(|_| ProxyUrlError::User)?;
        if user.contains(|letter: char| letter == ':' || letter.is_control()) {
            return Err(ProxyUrlError::User);
        }
        let user = Some(user.into_owned()).filter(|user| !user.is_empty());
        Ok(Self { origin: url.origin().ascii_serialization(), user })
    }

    /// The address without the user.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The user whose password the proxy asks for.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.user, self.origin.strip_prefix("http://")) {
            (Some(user), Some(host)) => {
                write!(out, "http://{}@{host}", utf8_percent_encode(user, ENCODED))
            }
            _ => out.write_str(&self.origin),
        }
    }
}

fn has_plain_host(url: &Url) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match url.host() {
        Some(Host::Domain(name)) => name.bytes().all(is_plain),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_levelled_and_keep_their_user() {
        for (text, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://Proxy.Example:3128/", "http://proxy.example:3128"),
            ("proxy.example:3128", "http://proxy.example:3128"),
            ("http://jo@[::1]:8080", "http://jo@[::1]:8080"),
            ("http://AD%5cjo@proxy", "http://AD%5Cjo@proxy"),
            ("http://j%C3%B6@proxy", "http://j%C3%B6@proxy"),
        ] {
            assert_eq!(ProxyUrl::parse(text).map(|proxy| proxy.to_string()), Ok(shown.to_owned()), "{text}");
        }
        assert_eq!(ProxyUrl::parse("http://AD%5cjo@proxy").unwrap().user(), Some("AD\\jo"));
    }

    #[test]
    fn what_is_shown_means_nothing_to_a_shell_and_reads_back() {
        let proxy = ProxyUrl::parse("http://$(id)&a;b'@proxy.example:3128").unwrap();
        assert_eq!(proxy.to_string(), "http://%24%28id%29%26a%3Bb%27@proxy.example:3128");
        assert_eq!(proxy.user(), Some("$(id)&a;b'"));
        assert_eq!(ProxyUrl::parse(&proxy.to_string()), Ok(proxy));
    }

    #[test]
    fn e09_a_password_in_the_address_is_refused_and_not_repeated() {
        let error = ProxyUrl::parse("http://jo:hunter2@proxy.example:3128").unwrap_err();
        assert_eq!(error, ProxyUrlError::Password);
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn what_is_no_http_proxy_is_refused() {
        for (text, error) in [
            ("", ProxyUrlError::Form),
            ("http://", ProxyUrlError::Form),
            ("http://proxy/path", ProxyUrlError::Form),
            ("http://proxy:0", ProxyUrlError::Form),
            ("http://pro xy:1", ProxyUrlError::Form),
            ("http://$(id):1", ProxyUrlError::Form),
            ("http://a%3Ab@proxy:1", ProxyUrlError::User),
            ("http://a%0Ab@proxy:1", ProxyUrlError::User),
            ("http://a%FF@proxy:1", ProxyUrlError::User),
            ("ftp://proxy:1", ProxyUrlError::Form),
            ("https://proxy:1", ProxyUrlError::Scheme),
            ("socks5://proxy:1", ProxyUrlError::Scheme),
        ] {
            assert_eq!(ProxyUrl::parse(text), Err(error), "{text}");
        }
    }
}
