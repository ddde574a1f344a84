//! Owns the findings on this shell's variables: an unknown profile, or other proxy and CA settings than the daemon's. Pure.

use std::ffi::OsString;

use cp_token_protocol::message::{Finding, ProfileReport, Severity};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::{error, ok};
use crate::args::proxy_address::ProxyAddress;
use crate::args::proxy_env::{self, Variable};
use crate::terminal::sanitize::sanitize;

pub(super) fn findings(
    profiles: &[ProfileReport],
    is_known: impl Fn(&ProfileName) -> bool,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = chosen(is_known, &variable).into_iter().collect();
    let differences: Vec<Finding> =
        profiles.iter().flat_map(|profile| differences(profile, &variable)).collect();
    let has_fault = findings.iter().any(|finding| matches!(finding.severity, Severity::Error(_)));
    if differences.is_empty() && !has_fault {
        findings.push(ok("shell", "its variables name no other proxy or roots".to_owned()));
    }
    findings.extend(differences);
    findings
}

fn chosen(
    is_known: impl Fn(&ProfileName) -> bool,
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Option<Finding> {
    const NAME: &str = "CP_TOKEN_PROFILE";
    let value = variable(NAME).filter(|value| !value.is_empty())?;
    let name = value.to_str().and_then(|name| ProfileName::parse(name).ok());
    let known = name.as_ref().is_some_and(is_known);
    match (name, known) {
        (Some(name), true) => Some(ok("shell", format!("{NAME} chooses profile {name}"))),
        (Some(name), false) => {
            Some(stray(ErrorCode::UNKNOWN_PROFILE, format!("{NAME} names {name}, which is no profile")))
        }
        (None, _) => Some(stray(ErrorCode::USAGE, format!("{NAME} holds no profile name"))),
    }
}

fn stray(code: ErrorCode, message: String) -> Finding {
    error("shell", &Failure::new(code, message).with_hint("Unset it, or see: cp-token profile list"))
}

/// Where a program that follows this shell's variables uses other settings than the daemon.
fn differences(profile: &ProfileReport, variable: &impl Fn(&str) -> Option<OsString>) -> Vec<Finding> {
    let proxy = proxy_env::first(&proxy_env::PROXIES, variable);
    let hosts = proxy_env::first(&proxy_env::NO_PROXIES, variable)
        .filter(|_| proxy.is_some() || profile.proxy.is_some());
    let roots = proxy_env::first(&proxy_env::ROOTS, variable);
    let found = [
        proxy.and_then(|proxy| proxy_differs(profile, &proxy)),
        hosts.and_then(|hosts| hosts_differ(profile, &hosts)),
        roots.and_then(|roots| roots_differ(profile, &roots)),
    ];
    found.into_iter().flatten().collect()
}

fn proxy_differs(profile: &ProfileReport, variable: &Variable) -> Option<Finding> {
    let Some(address) = variable.value.to_str().and_then(ProxyAddress::parse) else {
        return Some(warning(
            profile,
            format!("{} is no http proxy, and is not used", variable.name),
            String::new(),
        ));
    };
    let address = sanitize(&address.address);
    if profile.proxy.as_deref() == Some(&address) {
        return None;
    }
    let ours = profile.proxy.as_deref().map_or_else(|| "no proxy".to_owned(), sanitize);
    let found = format!("{} is {address}, and the daemon goes through {ours}", variable.name);
    Some(warning(profile, found, keep(profile, "--proxy", &address)))
}

fn hosts_differ(profile: &ProfileReport, variable: &Variable) -> Option<Finding> {
    let value = sanitize(&variable.value.to_string_lossy());
    let sorted = |hosts: Vec<&str>| {
        let mut hosts: Vec<String> =
            hosts.iter().map(|host| host.trim().to_owned()).filter(|it| !it.is_empty()).collect();
        hosts.sort_unstable();
        hosts
    };
    let ours = sorted(profile.no_proxy.iter().map(String::as_str).collect());
    if sorted(value.split(',').collect()) == ours {
        return None;
    }
    let found = format!("{} is {value}, and the profile's list is another", variable.name);
    Some(warning(profile, found, keep(profile, "--no-proxy", &value)))
}

fn roots_differ(profile: &ProfileReport, variable: &Variable) -> Option<Finding> {
    let value = variable.value.to_string_lossy();
    if profile.ca_bundle.as_deref() == Some(&value) {
        return None;
    }
    let ours = profile.ca_bundle.as_deref().map_or_else(|| "the system's roots".to_owned(), sanitize);
    let found = format!("{} is {}, and the daemon trusts {ours}", variable.name, sanitize(&value));
    Some(warning(profile, found, keep(profile, "--ca-bundle", &value)))
}

fn keep(profile: &ProfileReport, option: &str, value: &str) -> String {
    let value = crate::run::shell::word(value, "VALUE");
    format!("To have the same: cp-token profile update {} {option} {value}", profile.name)
}

fn warning(profile: &ProfileReport, found: String, fix: String) -> Finding {
    super::warning(Some(profile.name.clone()), found, fix)
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::TokenState;

    use super::*;
    use crate::commands::table::tests::report;

    fn checks(profile: &ProfileReport, variables: &[(&str, &str)]) -> Vec<(Severity, String, String)> {
        let look =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        let findings = findings(std::slice::from_ref(profile), |name| *name == profile.name, look);
        findings.into_iter().map(|it| (it.severity, it.message, it.fix)).collect()
    }

    #[test]
    fn a_way_that_differs_is_told_without_a_password_and_the_same_one_is_not() {
        let plain = report("prod", TokenState::Absent);
        let checks_of_plain =
            checks(&plain, &[("HTTPS_PROXY", "http://jo:hunter2@p:1"), ("SSL_CERT_FILE", "/x.pem")]);
        assert_eq!(checks_of_plain.len(), 2);
        assert_eq!(checks_of_plain[0].0, Severity::Warning);
        assert_eq!(
            checks_of_plain[0].1,
            "HTTPS_PROXY is http://jo@p:1, and the daemon goes through no proxy"
        );
        assert_eq!(
            checks_of_plain[0].2,
            "To have the same: cp-token profile update prod --proxy http://jo@p:1"
        );
        assert!(checks_of_plain[1].1.starts_with("SSL_CERT_FILE is /x.pem"));
        let mut same = plain.clone();
        (same.proxy, same.ca_bundle) = (Some("http://jo@p:1".to_owned()), Some("/x.pem".to_owned()));
        same.no_proxy = vec!["a".to_owned(), "b".to_owned()];
        let variables = [("https_proxy", "jo:pw@p:1"), ("NO_PROXY", "b, a"), ("SSL_CERT_FILE", "/x.pem")];
        assert_eq!(checks(&same, &variables)[0].0, Severity::Ok);
        assert_eq!(checks(&same, &[("no_proxy", "c"), ("https_proxy", "jo@p:1")])[0].0, Severity::Warning);
        assert_eq!(
            checks(&plain, &[("NO_PROXY", "c")])[0].0,
            Severity::Ok,
            "without any proxy it means nothing"
        );
    }

    #[test]
    fn a_variable_that_chooses_no_profile_is_a_fault_and_one_that_chooses_one_is_not() {
        let plain = report("prod", TokenState::Absent);
        for (value, severity) in [
            ("prod", Severity::Ok),
            ("", Severity::Ok),
            ("test", Severity::Error(ErrorCode::UNKNOWN_PROFILE)),
            ("No Name", Severity::Error(ErrorCode::USAGE)),
        ] {
            let checks = checks(&plain, &[("CP_TOKEN_PROFILE", value)]);
            assert_eq!(checks[0].0, severity, "{value}");
            assert!(checks.len() == 1 || severity == Severity::Ok, "nothing is well beside it: {checks:?}");
        }
    }
}
