//! Owns the target of a redirect: an origin, and nothing more of it. Pure; a hostile server must not get text of its own
//! into a command that we recommend.
//!
//! A server can put anything into a host name (`https://SECRET.example`), an address or a port. So a name is shown only if
//! it is the profile's own host, or below that or the vendor's domain with labels of a list: only the administrator of the
//! profile's host and the vendor can own such a name. An address is shown only if it is the profile's own, and a port if it
//! is the profile's own or 443. Any other target is described; a request without a secret can show it.

use url::{Host, Url};

use super::super::error::Target;
use crate::profile::request_url::RequestUrl;

/// The vendor's domain: every host below it is the vendor's.
const VENDOR: &str = "crashplan.com";
/// Common labels of the vendor's hosts, of consoles and of gateways.
const LABELS: &[&str] = &[
    "api", "app", "auth", "backup", "cloud", "console", "cp", "cpg", "eu1", "eu2", "eu3", "eu4", "eu5",
    "gateway", "gw", "id", "idp", "internal", "intranet", "login", "new", "old", "portal", "proxy", "secure",
    "server", "sso", "test", "us1", "us2", "us3", "us4", "us5", "vpn", "web", "www",
];
/// The most labels of a name that is shown; its end counts as one.
const MAX_LABELS: usize = 5;

/// The target of an answer of `url` with this `Location` header.
pub(super) fn target(location: Option<&[u8]>, url: &RequestUrl) -> Target {
    let location = location.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let base = Url::parse(url.as_str()).ok();
    let target = location.zip(base.as_ref()).and_then(|(location, base)| base.join(location).ok());
    let (Some(target), Some(base)) = (target, base) else { return Target::Invalid };
    let insecure_http = base.scheme() == "http";
    let origin = target.origin().ascii_serialization();
    let with_tls = |origin: &str| RequestUrl::parse(&origin.replacen("http:", "https:", 1), false);
    if RequestUrl::parse(&origin, insecure_http).or_else(|_| with_tls(&origin)).is_err() {
        return Target::Invalid;
    }
    let Some(shown) = known_origin(&target, &base) else { return Target::Elsewhere };
    match RequestUrl::parse(&shown, insecure_http) {
        Ok(origin) if origin == *url => Target::SameOrigin,
        Ok(origin) => Target::Origin(origin),
        Err(_) => Target::Unencrypted(shown),
    }
}

/// The target's origin, if it consists of the profile's own host, known labels and known ports.
fn known_origin(target: &Url, base: &Url) -> Option<String> {
    let scheme = if target.scheme() == "https" { "https" } else { "http" };
    let host = known_host(&target.host()?, &base.host()?)?;
    let port = match target.port() {
        None | Some(443) => String::new(),
        own if own == base.port() => format!(":{}", own?),
        Some(_) => return None,
    };
    Some(format!("{scheme}://{host}{port}"))
}

fn known_host(host: &Host<&str>, own: &Host<&str>) -> Option<String> {
    if host == own {
        return Some(own.to_string());
    }
    let Host::Domain(name) = host else { return None };
    let ends = match own {
        Host::Domain(own) => [Some(*own), Some(VENDOR)],
        Host::Ipv4(_) | Host::Ipv6(_) => [None, Some(VENDOR)],
    };
    ends.into_iter().flatten().find_map(|end| below(name, end))
}

/// The name, if it is `end`, or below it with labels of the list.
fn below(name: &str, end: &str) -> Option<String> {
    let rest = name.strip_suffix(end)?;
    let Some(rest) = rest.strip_suffix('.') else { return rest.is_empty().then(|| end.to_owned()) };
    let known = |label: &str| LABELS.iter().copied().find(|known| *known == label);
    let mut labels: Vec<&str> = rest.split('.').map(known).collect::<Option<_>>()?;
    labels.push(end);
    (labels.len() <= MAX_LABELS).then(|| labels.join("."))
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
            (b"//login.crashplan.example/a", origin("https://login.crashplan.example")),
            (b"http://crashplan.example/", Target::Unencrypted("http://crashplan.example".to_owned())),
            (b"http://CrashPlan.example:443/", Target::Unencrypted("http://crashplan.example".to_owned())),
            (b"/console/login", Target::SameOrigin),
            (b"login?to=https://evil.example", Target::SameOrigin),
            (b"https://crashplan.example/v4", Target::SameOrigin),
            (b"", Target::SameOrigin),
            (b"javascript:alert(1)", Target::Invalid),
            (b"data:text/html,x", Target::Invalid),
            (b"ftp://crashplan.example", Target::Invalid),
            (b"https://\x1b[2J.example", Target::Invalid),
            (b"https://$(reboot).example", Target::Invalid),
            (b"https://a`reboot`.example", Target::Invalid),
            (b"http://a;reboot.example", Target::Invalid),
            (b"https://a'b.example", Target::Invalid),
            (b"\xff\xfe", Target::Invalid),
        ] {
            assert_eq!(target(Some(location), &url), to, "{}", String::from_utf8_lossy(location));
        }
        assert_eq!(target(None, &url), Target::Invalid);
    }

    /// A host's name can carry a secret, in small letters at least, and so can an address and a port.
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
            "https://12345678/",
            "https://10.0.0.1/",
            "https://crashplan.example:12345",
            "http://127.0.0.1:1",
            "https://[::1]/",
            "https://www.www.www.www.www.www.www.crashplan.example",
        ] {
            let target = target(Some(location.as_bytes()), &url);
            assert_eq!(target, Target::Elsewhere, "{location}");
        }
    }

    /// Whoever follows the message sends a secret there, so nobody else may have registered the name.
    #[test]
    fn g01_a_name_that_somebody_else_could_register_is_not_named() {
        let url = RequestUrl::parse("https://console.us2.crashplan.com", false).unwrap();
        for location in [
            "https://console.crashplan.app",
            "https://crashplan.cloud",
            "https://crashplan.id:8443",
            "https://crashplan.new",
            "https://console.com",
            "https://us2.com",
            "https://console.us2.crashplan.com.console.app",
            "https://crashplan.console.us1.gov",
            "https://1.2.3.4",
            "https://console.us2.crashplan.com:31337",
            "https://console.us2.crashplan.com@crashplan.app/",
            "https://evilcrashplan.com",
        ] {
            assert_eq!(target(Some(location.as_bytes()), &url), Target::Elsewhere, "{location}");
        }
        let own = |text| RequestUrl::parse(text, false).unwrap();
        for (profile, location) in [
            ("https://backup.example.co.uk", "https://backup.co.uk"),
            ("https://backup.co.uk", "https://console.co.uk"),
            ("https://backup.azurewebsites.net", "https://console.azurewebsites.net"),
            ("https://10.0.0.1", "https://10.0.0.2"),
        ] {
            assert_eq!(target(Some(location.as_bytes()), &own(profile)), Target::Elsewhere, "{location}");
        }
        for (profile, location) in [
            ("https://backup.example.co.uk", "https://console.backup.example.co.uk"),
            ("https://backup.example.co.uk", "https://console.us1.crashplan.com"),
            ("https://backup.example.co.uk:4285", "https://backup.example.co.uk"),
            ("https://10.0.0.1:4285", "https://10.0.0.1"),
            ("https://backup.example.co.uk:4285", "https://login.backup.example.co.uk:4285"),
            ("https://console.us2.crashplan.com", "https://console.eu5.cpg.crashplan.com"),
            ("https://console.us2.crashplan.com", "https://crashplan.com"),
        ] {
            let named = target(Some(location.as_bytes()), &own(profile));
            assert_eq!(named, Target::Origin(own(location)), "the control: {location}");
        }
    }

    #[test]
    fn g02_only_a_test_double_may_move_to_another_without_tls() {
        let double = RequestUrl::parse("http://127.0.0.1:1", true).unwrap();
        let moved = target(Some(b"http://127.0.0.1/x"), &double);
        assert_eq!(moved, Target::Origin(RequestUrl::parse("http://127.0.0.1", true).unwrap()));
        let far = target(Some(b"http://crashplan.com"), &double);
        assert_eq!(far, Target::Unencrypted("http://crashplan.com".to_owned()));
    }
}
