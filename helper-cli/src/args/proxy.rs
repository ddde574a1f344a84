//! Owns a proxy's address, in which a password becomes a secret, and the variables of a shell that name a proxy, the hosts
//! without one, or the roots. The daemon validates the address. Pure.

use std::ffi::OsString;

use cp_token_protocol::{ErrorCode, Failure, Secret};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

#[derive(Debug)]
pub(crate) struct ProxyAddress {
    /// `http://[USER@]HOST:PORT`.
    pub(crate) address: String,
    pub(crate) password: Option<Secret>,
}

impl ProxyAddress {
    /// Takes the text apart if it can be the address of an `http` proxy; a text without a scheme means `http`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let is_usual = authority.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#\\".contains(&byte));
        if !scheme.eq_ignore_ascii_case("http") || !is_usual {
            return None;
        }
        let (userinfo, host) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
        let (user, password) = userinfo.map_or(("", None), |userinfo| match userinfo.split_once(':') {
            Some((user, password)) => (user, Some(password).filter(|password| !password.is_empty())),
            None => (userinfo, None),
        });
        if host.is_empty() || (user.is_empty() && password.is_some()) {
            return None;
        }
        let address =
            if user.is_empty() { format!("http://{host}") } else { format!("http://{user}@{host}") };
        let decoded = |text| Zeroizing::new(percent_decode_str(text).collect::<Vec<u8>>());
        Some(Self { address, password: password.map(|text| Secret::copy_of(&decoded(text))) })
    }
}

/// Fails with [`ErrorCode::USAGE`] if the argument, which others can read, holds a password. It quotes nothing.
pub(crate) fn require_no_password(argument: Option<&str>) -> Result<(), Failure> {
    match argument.and_then(ProxyAddress::parse).and_then(|proxy| proxy.password) {
        None => Ok(()),
        Some(_) => Err(Failure::new(ErrorCode::USAGE, "a proxy's password does not belong into its address")
            .with_hint("leave it out, it is asked for; this one may lie in your shell's history")),
    }
}

/// The variables that name a proxy for `https`, in the order in which curl looks at them.
pub(crate) const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
pub(crate) const NO_PROXIES: [&str; 2] = ["no_proxy", "NO_PROXY"];
pub(crate) const ROOTS: [&str; 1] = ["SSL_CERT_FILE"];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// Its value, which is not empty. A proxy's may hold a password.
    pub(crate) value: OsString,
}

pub(crate) fn first(
    names: &[&'static str],
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Option<Variable> {
    names.iter().find_map(|&name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(Variable { name, value })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_the_address() {
        for (text, address, password) in [
            ("http://proxy.example:3128", "http://proxy.example:3128", None),
            ("HTTP://proxy.example:3128/", "http://proxy.example:3128", None),
            ("proxy:3128", "http://proxy:3128", None),
            ("http://jo@proxy", "http://jo@proxy", None),
            ("http://jo:@proxy", "http://jo@proxy", None),
            ("http://jo:pw@proxy:1", "http://jo@proxy:1", Some("pw")),
            ("jo:p:w@proxy:1", "http://jo@proxy:1", Some("p:w")),
            ("http://AD%5Cjo:p%40%20w@[::1]:1/", "http://AD%5Cjo@[::1]:1", Some("p@ w")),
            ("http://jo:p@w@proxy", "http://jo@proxy", Some("p@w")),
        ] {
            let proxy = ProxyAddress::parse(text).unwrap();
            assert_eq!(proxy.address, address, "{text}");
            let matches = proxy.password.map(|found| found.matches(password.unwrap_or_default().as_bytes()));
            assert_eq!(matches, password.map(|_| true), "{text}");
        }
    }

    #[test]
    fn what_can_be_no_http_proxys_address_is_none() {
        for text in [
            "",
            "http://",
            "http://@",
            "http://:pw@proxy",
            "https://proxy:1",
            "socks5h://proxy:1",
            "http://a/b",
            "http://a?b",
            "http://pro xy",
            "http://jo:p\nw@proxy",
            "http://pröxy",
        ] {
            assert!(ProxyAddress::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn e09_a_password_among_the_arguments_is_refused_and_not_repeated() {
        assert_eq!(require_no_password(None), Ok(()));
        assert_eq!(require_no_password(Some("")), Ok(()));
        assert_eq!(require_no_password(Some("http://jo@proxy:1")), Ok(()));
        let refusal = require_no_password(Some("http://jo:hunter2@proxy:1")).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::USAGE);
        assert!(!format!("{refusal:?}").contains("hunter2"));
    }
}
