//! Owns the parsing of an origin from another program's URL. The daemon parses the origin again and compares it with
//! those of its profiles.

/// A URL of another program, accepted only if all URL parsers split it the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetUrl {
    /// `scheme://host[:port]`, as it was written.
    pub origin: String,
    /// The rest: empty, or from the first slash on.
    pub path: String,
}

impl TargetUrl {
    /// Splits the text if it is an `https` or `http` URL of visible ASCII with host and port, and then a path, which
    /// may include a query or a fragment.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        let (scheme, rest) = text.split_once("://").filter(|_| text.bytes().all(is_plain))?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some(Self { origin: origin(scheme, authority)?, path: path.to_owned() })
    }
}

/// The origin of this scheme and authority, if they are `https` or `http`, and a host with or without a port.
pub fn origin(scheme: &str, authority: &str) -> Option<String> {
    let is_web = ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let is_host = !authority.is_empty() && authority.bytes().all(is_usual);
    (is_web && is_host).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, String)> {
        TargetUrl::parse(text).map(|url| (url.origin, url.path))
    }

    #[test]
    fn a_url_is_cut_behind_its_host_and_port() {
        for (text, origin, path) in [
            ("https://h.example", "https://h.example", ""),
            ("https://h.example/", "https://h.example", "/"),
            ("https://h.example:8443/a/b?c=d#e", "https://h.example:8443", "/a/b?c=d#e"),
            ("http://[::1]:80/@evil.example", "http://[::1]:80", "/@evil.example"),
            ("HTTPS://H.example/a%2fb://c", "HTTPS://H.example", "/a%2fb://c"),
        ] {
            assert_eq!(parts(text), Some((origin.to_owned(), path.to_owned())), "{text}");
        }
    }

    #[test]
    fn h03_what_two_readers_could_cut_at_different_places_has_no_origin() {
        for text in [
            "",
            "h.example",
            "//h.example",
            "https:/h.example",
            "https://",
            "https:///path",
            "https://user@h.example/",
            "https://h.example@evil.example/",
            "https://h.example\\@evil.example/",
            "https://h.example/\\evil.example",
            "https://h.example?@evil.example/",
            "https://h.example#@evil.example/",
            "https://h%2eexample/",
            "https://h.example\t/",
            "https://h.example/\n",
            "https://h.example /",
            "https://h\u{e9}.example/",
            "https://h.example/\u{202e}",
            "ftp://h.example/",
            "file:///etc/passwd",
            " https://h.example",
        ] {
            assert_eq!(parts(text), None, "{text:?}");
        }
    }
}
