//! Owns the findings on this shell's variables: an unknown profile, or other proxy settings, CA settings or directories than
//! the daemon's. Pure but for links.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cp_token_protocol::message::{Finding, ProfileReport, Severity, StatusReport};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::{error, ok, warning};
use crate::args::proxy::{self, ProxyAddress, Variable};
use crate::terminal::sanitize::sanitize;

pub(super) fn findings(
    profiles: &[ProfileReport],
    is_known: impl Fn(&ProfileName) -> bool,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = chosen(is_known, &variable).into_iter().collect();
    let differences: Vec<_> = profiles.iter().flat_map(|profile| differences(profile, &variable)).collect();
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
    let (code, message) = match name {
        Some(name) if is_known(&name) => return Some(ok("shell", format!("{NAME} chooses profile {name}"))),
        Some(name) => (ErrorCode::UNKNOWN_PROFILE, format!("{NAME} names {name}, which is no profile")),
        None => (ErrorCode::USAGE, format!("{NAME} holds no profile name")),
    };
    Some(error("shell", &Failure::new(code, message).with_hint("unset it, or see `cp-token profile list`")))
}

/// Where a program that follows this shell's variables uses other settings than the daemon.
fn differences(profile: &ProfileReport, variable: &impl Fn(&str) -> Option<OsString>) -> Vec<Finding> {
    let proxy = proxy::first(&proxy::PROXIES, variable);
    let hosts =
        proxy::first(&proxy::NO_PROXIES, variable).filter(|_| proxy.is_some() || profile.proxy.is_some());
    let roots = proxy::first(&proxy::ROOTS, variable);
    let found = [
        proxy.and_then(|proxy| proxy_differs(profile, &proxy)),
        hosts.and_then(|hosts| hosts_differ(profile, &hosts)),
        roots.and_then(|roots| roots_differ(profile, &roots)),
    ];
    let finding = |(found, option): (String, String)| {
        let fix = format!("to use the same: `cp-token profile update {} {option}`", profile.name);
        warning(Some(&profile.name), found, if option.is_empty() { option } else { fix })
    };
    found.into_iter().flatten().map(finding).collect()
}

/// What differs, and the option with which the profile would have the same.
fn proxy_differs(profile: &ProfileReport, variable: &Variable) -> Option<(String, String)> {
    let Some(proxy) = variable.value.to_str().and_then(ProxyAddress::parse) else {
        return Some((format!("{} is no http proxy, and is not used", variable.name), String::new()));
    };
    let address = sanitize(&proxy.address);
    let ours = profile.proxy.as_deref().map_or_else(|| "no proxy".to_owned(), sanitize);
    let found = format!("{} is {address}, and the daemon goes through {ours}", variable.name);
    (profile.proxy.as_deref() != Some(&address)).then(|| (found, option("--proxy", &address)))
}

fn hosts_differ(profile: &ProfileReport, variable: &Variable) -> Option<(String, String)> {
    let value = sanitize(&variable.value.to_string_lossy());
    let mut hosts: Vec<_> = value.split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
    let mut ours: Vec<_> = profile.no_proxy.iter().map(|host| host.trim()).collect();
    hosts.sort_unstable();
    ours.sort_unstable();
    let found = format!("{} is {value}, and the profile's list is another", variable.name);
    (hosts != ours).then(|| (found, option("--no-proxy", &value)))
}

fn roots_differ(profile: &ProfileReport, variable: &Variable) -> Option<(String, String)> {
    let value = variable.value.to_string_lossy();
    let ours = profile.ca_bundle.as_deref().map_or_else(|| "the system's roots".to_owned(), sanitize);
    let found = format!("{} is {}, and the daemon trusts {ours}", variable.name, sanitize(&value));
    (profile.ca_bundle.as_deref() != Some(&value)).then(|| (found, option("--ca-bundle", &value)))
}

fn option(name: &str, value: &str) -> String {
    format!("{name} {}", crate::run::shell::word(value, "VALUE"))
}

/// Where variables of this shell name other directories than the running daemon uses.
pub(super) fn paths(
    status: &StatusReport,
    variable: impl Fn(&str) -> Option<OsString>,
) -> impl Iterator<Item = Finding> {
    let config = place(["CP_TOKEN_CONFIG_DIR", "XDG_CONFIG_HOME"], "config.toml", &variable);
    let state = place(["CP_TOKEN_STATE_DIR", "XDG_STATE_HOME"], "state.json", &variable);
    let pairs = [(config, status.config_file.clone()), (state, status.state_file.clone())];
    pairs
        .into_iter()
        .filter_map(|(place, daemons)| place.and_then(|(name, path)| differs((name, &path), &daemons)))
}

/// Only Linux has the second variable; a relative one counts for nothing there.
fn place(
    [own, base]: [&'static str; 2],
    file: &str,
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Option<(&'static str, PathBuf)> {
    let value = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = value(own) {
        return Some((own, folder.join(file)));
    }
    let folder = value(base).filter(|folder| cfg!(target_os = "linux") && folder.is_absolute())?;
    Some((base, folder.join("cp-token").join(file)))
}

fn differs((name, here): (&str, &Path), daemons: &str) -> Option<Finding> {
    // A path that is no text came with stand-ins, as this one then has them.
    if here.to_string_lossy() == daemons || is_same(here, Path::new(daemons)) {
        return None;
    }
    let shown = sanitize(&here.to_string_lossy());
    let found = format!("{name} leads to {shown}, and the daemon that runs uses {}", sanitize(daemons));
    let fix = "to use this shell's: `cp-token daemon stop`, which loses secrets that only memory holds; the next call starts another";
    Some(warning(None, found, fix.to_owned()))
}

/// Whether two folders are one by their links; the files may be missing.
fn is_same(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    folder(one).is_some_and(|one| folder(other) == Some(one))
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
    fn a_way_that_differs_is_reported_without_a_password_and_the_same_one_is_not() {
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
            "to use the same: `cp-token profile update prod --proxy http://jo@p:1`"
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
