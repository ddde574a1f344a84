//! Owns the messages for the route to the server: proxies, certificates and redirects.

use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::{KEPT, once_more};
use crate::profile::Profile;
use crate::profile::proxy::ProxyUrl;
use crate::token_endpoint::{CertificateFlaw, ProxyFlaw, Target, TokenRequestError};

/// The failure of the profile's proxy, as `error` says.
pub(super) fn of_proxy(flaw: ProxyFlaw, error: &str, profile: &Profile) -> Failure {
    let name = &profile.name;
    let (code, hint) = match flaw {
        ProxyFlaw::CredentialsRequired | ProxyFlaw::CredentialsRefused => {
            let message = format!("profile {name}: {error}; it is not asked again until that changes");
            return Failure::new(ErrorCode::PROXY_REFUSED, message).with_hint(credentials(flaw, profile));
        }
        ProxyFlaw::TimedOut => {
            (ErrorCode::TIMED_OUT, "check the network and the proxy, and ask again".to_owned())
        }
        ProxyFlaw::NoTunnel => (ErrorCode::SERVER_UNREACHABLE, answer_of_proxy(profile)),
        ProxyFlaw::Unreachable(_) | ProxyFlaw::Closed => {
            (ErrorCode::SERVER_UNREACHABLE, "check the network and the proxy's address".to_owned())
        }
    };
    let other = format!("another proxy, or none: `cp-token profile update {name} --proxy URL`");
    Failure::new(code, format!("profile {name}: {error}")).with_hint(format!("{hint}; {other}"))
}

/// How a person can see the proxy's answer, whose status is not known here.
fn answer_of_proxy(profile: &Profile) -> String {
    let origin = profile.network.proxy.as_ref().map_or("URL", ProxyUrl::origin);
    let look = format!("`curl -sSI -x {origin} {}/api/v3/`", profile.url);
    format!("see what the proxy answers with {look}, and whether its address is a proxy's")
}

/// The failure of a proxy's password that was refused before; the proxy was not asked now.
pub(super) fn refused_by_proxy(profile: &Profile) -> Failure {
    let proxy = profile.network.proxy.as_ref().map(|proxy| proxy.origin().to_owned()).unwrap_or_default();
    let flaw = ProxyFlaw::CredentialsRefused;
    of_proxy(flaw, &TokenRequestError::Proxy { proxy, flaw }.to_string(), profile)
}

/// What to do about a proxy that answers 407.
fn credentials(flaw: ProxyFlaw, profile: &Profile) -> String {
    let name = &profile.name;
    let update = |address: &str| format!("`cp-token profile update {name} --proxy {address}`");
    let line = "a line `proxy-password: PASSWORD` where the secret is kept";
    let again = if flaw == ProxyFlaw::CredentialsRefused { once_more(name) } else { String::new() };
    let proxy = profile.network.proxy.as_ref();
    let hint = match (proxy.map(|proxy| (proxy, proxy.user())), profile.secret_source.is_writable()) {
        (Some((proxy, Some(_))), true) => format!("enter its password again: {}", update(&proxy.to_string())),
        (Some((_, Some(_))), false) => format!("its password is {line}"),
        (Some((proxy, None)), true) => format!("name its user: {}", update(&with_user(proxy))),
        (Some((proxy, None)), false) => {
            format!("name its user: {}, with {line}", update(&with_user(proxy)))
        }
        (None, _) => format!("see `cp-token profile show {name}`"),
    };
    let only_basic =
        "cp-token answers Basic alone: before a proxy that wants NTLM or Negotiate, run one that speaks it";
    format!("{hint}{again}; {only_basic}")
}

/// The proxy's address with a placeholder for its user.
fn with_user(proxy: &ProxyUrl) -> String {
    proxy.origin().replacen("http://", "http://USER@", 1)
}

/// What a person has to check between a profile and its server.
pub(super) fn links(profile: &Profile) -> String {
    match profile.network.proxy_for(&profile.url) {
        Some(proxy) => format!("the network and the proxy {}", proxy.origin()),
        None => "the network".to_owned(),
    }
}

/// What to do about a certificate. It is often that of a network's login page, which answers for every server.
pub(super) fn of_certificate(flaw: CertificateFlaw, profile: &Profile) -> String {
    let name = &profile.name;
    let place = format!("{} for a login page, VPN or gateway", links(profile));
    let bundle = format!("`cp-token profile update {name} --ca-bundle FILE`");
    match flaw {
        CertificateFlaw::UnknownIssuer | CertificateFlaw::Unsuitable => {
            format!("check {place}; if a company proxy or a test server signs with its own CA: {bundle}")
        }
        CertificateFlaw::WrongHost | CertificateFlaw::Revoked => {
            format!("check {place}, and the URL with `cp-token profile show {name}`")
        }
        CertificateFlaw::Expired | CertificateFlaw::NotYetValid => {
            format!("see that this computer's clock is right, and check {place}")
        }
        CertificateFlaw::NoRoots => format!("install them, or name a file that has the server's: {bundle}"),
    }
}

/// What to do about a redirect.
pub(super) fn of_redirect(to: &Target, profile: &Profile) -> String {
    let name = &profile.name;
    match to {
        Target::Origin(origin) => moved(origin.as_str(), name),
        Target::Unencrypted(_) => {
            format!("no secret is sent there without TLS; check the URL with `cp-token profile show {name}`")
        }
        Target::Elsewhere => format!(
            "check {} for a login page, VPN or gateway; if the console has moved, see where with `curl -sSI {}/api/v3/`, then `cp-token profile update {name} --url URL`{KEPT}",
            links(profile),
            profile.url
        ),
        Target::SameOrigin | Target::Invalid => format!(
            "check {} for a login page, VPN or gateway, and that the URL is the console's, with `cp-token profile show {name}`",
            links(profile)
        ),
    }
}

/// A host whose name is that of a login page or a web site is hardly a console: no command names it.
fn moved(origin: &str, name: &ProfileName) -> String {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let label = host.split('.').next().unwrap_or_default();
    if NO_CONSOLE.contains(&label) {
        return format!(
            "that is called like a place to log in, not like a console; check the URL with `cp-token profile show {name}`, and if it has changed: `cp-token profile update {name} --url URL`"
        );
    }
    format!("if the console has moved there: `cp-token profile update {name} --url {origin}`")
}

/// The first labels of login pages and web sites.
const NO_CONSOLE: &[&str] = &["auth", "id", "idp", "login", "sso", "www"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_called_like_a_login_page_is_not_offered_as_the_url() {
        let name = ProfileName::parse("prod").unwrap();
        for host in ["login.crashplan.com", "sso.us2.crashplan.com", "www.crashplan.com"] {
            let hint = moved(&format!("https://{host}"), &name);
            assert!(!hint.contains(host) && hint.contains("--url URL"), "{hint}");
        }
        for host in ["console.us2.crashplan.com", "crashplan.com", "console.login.example", "10.0.0.1"] {
            let hint = moved(&format!("https://{host}"), &name);
            assert!(hint.ends_with(&format!("--url https://{host}`")), "the control: {hint}");
        }
    }
}
