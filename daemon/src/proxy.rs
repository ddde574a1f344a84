//! Owns what a proxy's address is: checked, in one spelling, and never with a password in it. Pure.

use std::fmt;

use url::Url;

/// The address of an HTTP proxy that is asked to `CONNECT` (RFC 9110, section 9.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    origin: String,
    user: Option<String>,
}

/// Why a text is no proxy's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// It does not read as `http://[USER@]HOST:PORT`.
    #[error("a proxy's address is http://HOST:PORT or http://USER@HOST:PORT")]
    Form,
    /// The scheme is another one.
    #[error("only http proxies are supported: http://HOST:PORT")]
    Scheme,
    /// It has a password in it.
    #[error("a proxy's password does not belong into its address; it is asked for")]
    Password,
}

impl ProxyUrl {
    /// Takes the text if it is a proxy's address; a text without a scheme means `http`.
    ///
    /// # Errors
    /// [`ProxyUrlError`] where it is not. It repeats nothing of the text.
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
            url.host().is_some() && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || url.port() == Some(0) {
            return Err(ProxyUrlError::Form);
        }
        let user = Some(url.username()).filter(|user| !user.is_empty()).map(str::to_owned);
        Ok(Self { origin: url.origin().ascii_serialization(), user })
    }

    /// The address without the user.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The user whose password the proxy asks for.
    pub fn user(&self) -> Option<String> {
        let user = self.user.as_ref()?;
        Some(percent_encoding::percent_decode_str(user).decode_utf8_lossy().into_owned())
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.user, self.origin.strip_prefix("http://")) {
            (Some(user), Some(host)) => write!(out, "http://{user}@{host}"),
            _ => out.write_str(&self.origin),
        }
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
        ] {
            assert_eq!(ProxyUrl::parse(text).map(|proxy| proxy.to_string()), Ok(shown.to_owned()), "{text}");
        }
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
            ("ftp://proxy:1", ProxyUrlError::Form),
            ("https://proxy:1", ProxyUrlError::Scheme),
            ("socks5://proxy:1", ProxyUrlError::Scheme),
        ] {
            assert_eq!(ProxyUrl::parse(text), Err(error), "{text}");
        }
    }
}
