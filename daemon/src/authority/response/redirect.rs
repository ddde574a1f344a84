//! Owns where a redirect points to: an origin, and nothing more of it. Pure; what a hostile server writes must mean
//! nothing to the shell of whoever follows our advice.

use url::Url;

use super::super::Target;
use crate::request_url::RequestUrl;

/// Where an answer of `url` with this `Location` header points to.
pub(super) fn target(location: Option<&[u8]>, url: &RequestUrl) -> Target {
    let location = location.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let base = Url::parse(url.as_str()).ok();
    let target = location.zip(base).and_then(|(location, base)| base.join(location).ok());
    let Some(origin) = target.map(|target| target.origin().ascii_serialization()) else {
        return Target::Unfit;
    };
    let with_tls = |host: &str| RequestUrl::parse(&format!("https:{host}"), false);
    match (RequestUrl::parse(&origin, url.as_str().starts_with("http:")), origin.strip_prefix("http:")) {
        (Ok(origin), _) if origin == *url => Target::SameOrigin,
        (Ok(origin), _) => Target::Origin(origin),
        (Err(_), Some(host)) if with_tls(host).is_ok() => Target::Unencrypted(origin),
        (Err(_), _) => Target::Unfit,
    }
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
            (b"//evil.example:8443/a", origin("https://evil.example:8443")),
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

    #[test]
    fn g02_only_a_test_double_may_move_to_another_without_tls() {
        let double = RequestUrl::parse("http://127.0.0.1:1", true).unwrap();
        let moved = target(Some(b"http://127.0.0.1:2/x"), &double);
        assert_eq!(moved, Target::Origin(RequestUrl::parse("http://127.0.0.1:2", true).unwrap()));
        let far = target(Some(b"http://crashplan.example"), &double);
        assert_eq!(far, Target::Unencrypted("http://crashplan.example".to_owned()));
    }
}
