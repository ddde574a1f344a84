//! Owns which URLs are taken: a path, or `http` and `https` with nothing in the authority that two programs could
//! read in two ways. Pure.

use cp_token_protocol::Failure;

use super::refusal::refusal;

/// What a URL leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'u> {
    /// A path, to be resolved against the profile's URL.
    Path(&'u str),
    /// A place of its own.
    Absolute {
        /// Scheme, host and port.
        origin: &'u str,
        /// Everything behind it.
        path: &'u str,
    },
}

impl<'u> Target<'u> {
    /// Reads a URL.
    ///
    /// # Errors
    /// Where it is neither, or not plain.
    pub(crate) fn parse(url: &'u [u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(url).map_err(|_| odd("a URL has bytes that are not UTF-8"))?;
        if text.chars().any(char::is_control) {
            return Err(odd("a URL has control characters"));
        }
        if text.starts_with("//") {
            return Err(odd("a URL begins with //, which may be a host or a path"));
        }
        if text.starts_with('/') {
            return Ok(Self::Path(text));
        }
        let authority = authority(text).ok_or_else(neither)?;
        let end = authority.find(['/', '?', '#']).unwrap_or(authority.len());
        if !is_plain(&authority[..end]) {
            return Err(odd("the host of a URL is not plain: a name or address, and a port"));
        }
        let (origin, path) = text.split_at(text.len() - authority.len() + end);
        Ok(Self::Absolute { origin, path })
    }

    /// Its path, with what follows.
    pub(crate) fn path(self) -> &'u str {
        match self {
            Self::Path(path) | Self::Absolute { path, .. } => path,
        }
    }
}

/// What follows `https://` or `http://`.
fn authority(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(rest)
}

/// Whether it is a name or an address with a port or without. No user, no pattern, no escape.
fn is_plain(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if is_address(address) => ("address", rest),
        Some(_) => return false,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_port =
        |digits: &str| (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    !host.is_empty()
        && host.bytes().all(is_name)
        && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_address(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
}

fn odd(message: &str) -> Failure {
    refusal(message, "write it as https://HOST/PATH, or as a path that begins with /")
}

fn neither() -> Failure {
    odd("a URL is neither a path nor http or https with a host")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Option<&str> {
        match Target::parse(url.as_bytes()) {
            Ok(Target::Absolute { origin, .. }) => Some(origin),
            Ok(Target::Path(_)) => Some("path"),
            Err(_) => None,
        }
    }

    #[test]
    fn a_path_begins_with_one_slash_and_a_host_is_a_host() {
        for (url, expected) in [
            ("/", "path"),
            ("/api/v3/users?active=true&x=[1-3]", "path"),
            ("https://a.example", "https://a.example"),
            ("https://a.example/x?y=//b.example", "https://a.example"),
            ("HTTPS://A.example:8443/x", "HTTPS://A.example:8443"),
            ("https://a.example?x", "https://a.example"),
            ("https://a.example#x", "https://a.example"),
            ("http://127.0.0.1:80/{a,b}", "http://127.0.0.1:80"),
            ("https://[::1]:443/x", "https://[::1]:443"),
        ] {
            assert_eq!(origin(url), Some(expected), "{url}");
        }
    }

    #[test]
    fn h03_what_could_be_read_as_another_host_is_refused() {
        for url in [
            "",
            "a.example/x",
            "api/v3",
            "//b.example/x",
            "https:/a.example",
            "https:///a.example",
            "https://",
            "https://a@b.example",
            "https://a.example@b.example/",
            "https://a.example:80@b.example",
            "https://a.example:x/",
            "https://a.example:/",
            "https://a.example:123456/",
            "https://{a,b}.example",
            "https://[1-3].example",
            "https://a.example\\@b.example/",
            "https://a%2eexample/",
            "https://ä.example/",
            "https://a .example/",
            " https://a.example/",
            "https://a.example\n/",
            "https://[::1/x",
            "https://[::1]x/",
            "https://[fe80::1%25eth0]/",
            "ftp://a.example/",
            "file:///etc/passwd",
            "@urls",
        ] {
            assert_eq!(origin(url), None, "{url:?}");
        }
        assert!(Target::parse(b"https://a.example/\xff").is_err());
    }
}
