//! Owns where a redirect points to: an origin, and nothing more of it. Pure; what a hostile server writes must mean
//! nothing to the shell of whoever follows our advice.
//!
//! A host's name is as free as any text: `https://SECRET.example` would print what it repeats, and no limit of length
//! keeps a short password out. So a name is put together from words of ours alone: the labels of the profile's own host,
//! and a list. That names what an administrator meets: the vendor's clouds, another port, a host beside the old one. Any
//! other is described, and a person can see it with a request that carries no secret.

use url::{Host, Url};

use super::super::Target;
use crate::request_url::RequestUrl;

/// The labels of the vendor's hosts, and what consoles and what stands before them are commonly called.
const LABELS: &[&str] = &[
    "api",
    "app",
    "auth",
    "backup",
    "cloud",
    "com",
    "console",
    "cp",
    "cpg",
    "crashplan",
    "eu1",
    "eu2",
    "eu3",
    "eu4",
    "eu5",
    "gateway",
    "gov",
    "gw",
    "id",
    "idp",
    "internal",
    "intranet",
    "localhost",
    "login",
    "new",
    "old",
    "portal",
    "proxy",
    "secure",
    "server",
    "sso",
    "test",
    "us1",
    "us2",
    "us3",
    "us4",
    "us5",
    "vpn",
    "web",
    "www",
];
/// The most labels of a name that is shown.
const MOST_LABELS: usize = 8;

/// Where an answer of `url` with this `Location` header points to.
pub(super) fn target(location: Option<&[u8]>, url: &RequestUrl) -> Target {
    let location = location.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let base = Url::parse(url.as_str()).ok();
    let target = location.zip(base.as_ref()).and_then(|(location, base)| base.join(location).ok());
    let (Some(target), Some(base)) = (target, base) else { return Target::Unfit };
    let insecure_http = base.scheme() == "http";
    let origin = target.origin().ascii_serialization();
    let with_tls = |origin: &str| RequestUrl::parse(&origin.replacen("http:", "https:", 1), false);
    if RequestUrl::parse(&origin, insecure_http).or_else(|_| with_tls(&origin)).is_err() {
        return Target::Unfit;
    }
    let Some(shown) = in_our_words(&target, &base) else { return Target::Elsewhere };
    match RequestUrl::parse(&shown, insecure_http) {
        Ok(origin) if origin == *url => Target::SameOrigin,
        Ok(origin) => Target::Origin(origin),
        Err(_) => Target::Unencrypted(shown),
    }
}

/// The target's origin, made of our own words and of numbers; nothing where it has any other.
fn in_our_words(target: &Url, base: &Url) -> Option<String> {
    let scheme = if target.scheme() == "https" { "https" } else { "http" };
    let host = match target.host()? {
        Host::Domain(name) => known_name(name, base.host_str()?)?,
        Host::Ipv4(address) => address.to_string(),
        // Sixteen bytes have room for much of a secret.
        Host::Ipv6(address) => address.is_loopback().then(|| "[::1]".to_owned())?,
    };
    let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{host}{port}"))
}

fn known_name(name: &str, own: &str) -> Option<String> {
    let known = |label: &str| own.split('.').chain(LABELS.iter().copied()).find(|known| *known == label);
    let labels: Vec<&str> = name.split('.').map(known).collect::<Option<_>>()?;
    (labels.len() <= MOST_LABELS).then(|| labels.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g01_a_redirect_names_its_origin_and_nothing_more() {
        let url = RequestUrl::parse("https://crashplan.example", false).unwrap();
        let origin = |text: &str| Target::Origin(RequestUrl::parse(text, false).unwrap());
        for (location, to) in [
            (
                &b"https://user:pw@www.crashplan.com/console?token=SECRET#x"[..],
                origin("https://www.crashplan.com"),
            ),
            (b"https://console.us2.crashplan.com", origin("https://console.us2.crashplan.com")),
            (b"//login.crashplan.example:8443/a", origin("https://login.crashplan.example:8443")),
            (b"https://10.0.0.1/", origin("https://10.0.0.1")),
            (b"https://[::1]:8443/", origin("https://[::1]:8443")),
            (b"https://CrashPlan.example:444", origin("https://crashplan.example:444")),
            (b"http://crashplan.example/", Target::Unencrypted("http://crashplan.example".to_owned())),
            (b"http://127.0.0.1:1", Target::Unencrypted("http://127.0.0.1:1".to_owned())),
            (b"/console/login", Target::SameOrigin),
            (b"login?to=https://evil.example", Target::SameOrigin),
            (b"https://crashplan.example/v4", Target::SameOrigin),
            (b"", Target::SameOrigin),
            (b"javascript:alert(1)", Target::Unfit),
            (b"data:text/html,x", Target::Unfit),
            (b"ftp://crashplan.example", Target::Unfit),
            (b"https://\x1b[2J.example", Target::Unfit),
            (b"https://$(reboot).example", Target::Unfit),
            (b"https://a`reboot`.example", Target::Unfit),
            (b"http://a;reboot.example", Target::Unfit),
            (b"https://a'b.example", Target::Unfit),
            (b"\xff\xfe", Target::Unfit),
        ] {
            assert_eq!(target(Some(location), &url), to, "{}", String::from_utf8_lossy(location));
        }
        assert_eq!(target(None, &url), Target::Unfit);
    }

    /// A host's name can carry a secret, in small letters at least, and so can a long address.
    #[test]
    fn e06_a_host_that_is_none_of_our_words_is_not_named() {
        let url = RequestUrl::parse("https://crashplan.example", false).unwrap();
        for location in [
            "https://hunter2.example",
            "https://hunter2.crashplan.example",
            "https://crashplan.example.hunter2",
            "http://hunter2.example/",
            "https://xn--bcher-kva.example",
            "https://[6857:4c2d:6d50:517e:3763:3f63:4b58:746d]/",
            "https://www.www.www.www.www.www.www.www.www",
        ] {
            let target = target(Some(location.as_bytes()), &url);
            assert_eq!(target, Target::Elsewhere, "{location}");
        }
    }

    #[test]
    fn g02_only_a_test_double_may_move_to_another_without_tls() {
        let double = RequestUrl::parse("http://127.0.0.1:1", true).unwrap();
        let moved = target(Some(b"http://127.0.0.1:2/x"), &double);
        assert_eq!(moved, Target::Origin(RequestUrl::parse("http://127.0.0.1:2", true).unwrap()));
        let far = target(Some(b"http://crashplan.com"), &double);
        assert_eq!(far, Target::Unencrypted("http://crashplan.com".to_owned()));
    }
}
