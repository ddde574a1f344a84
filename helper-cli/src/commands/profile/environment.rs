//! Owns the offer of `profile create` to store the proxy and CA settings from the shell's variables in the profile.

use std::ffi::{OsStr, OsString};

use cp_token_protocol::{ErrorCode, Failure, Secret};

use crate::args::cli::profile::settings::SettingsOptions;
use crate::args::proxy::{self, ProxyAddress, Variable};
use crate::terminal::{exit, prompt, sanitize};

/// The failures that proxy and CA settings may explain.
const NETWORK_FAILURES: [ErrorCode; 3] =
    [ErrorCode::SERVER_UNREACHABLE, ErrorCode::TIMED_OUT, ErrorCode::UNTRUSTED_SERVER];

/// The variables to which nothing on the command line corresponds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    proxy: Option<Variable>,
    no_proxy: Option<Variable>,
    roots: Option<Variable>,
}

#[derive(Debug, Default)]
pub(super) struct ProxySuggestion {
    /// The password of a proxy that is kept, if it was in the address.
    pub(super) password: Option<Secret>,
    unused: Option<String>,
}

/// Offers the settings, and adds those that a person accepts. `may_keep`: a proxy's password can be stored.
pub(super) fn offer(options: &mut SettingsOptions, may_keep: bool) -> ProxySuggestion {
    let found = Found::read(options, |name| std::env::var_os(name));
    if !prompt::can_ask() {
        return ProxySuggestion { password: None, unused: found.sentence() };
    }
    let password = found.proxy.and_then(|variable| offer_proxy(options, &variable, may_keep));
    let has_proxy = options.proxy.as_deref().is_some_and(|address| !address.is_empty());
    if let Some(variable) = found.no_proxy.filter(|_| has_proxy)
        && let Some(list) = variable.value.to_str()
        && confirm_value(&variable, &variable.value, "Ask these without the proxy?")
    {
        options.no_proxy = Some(list.split(',').map(str::to_owned).collect());
    }
    if let Some(variable) = found.roots
        && confirm_value(&variable, &variable.value, "Trust these roots alone for this profile?")
    {
        options.ca_bundle = Some(variable.value);
    }
    ProxySuggestion { password, unused: None }
}

impl ProxySuggestion {
    /// Says what is not used of the shell: in a line of its own, or if it may be the reason of a failure, with it.
    pub(super) fn report<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        match (outcome, self.unused) {
            (Ok(done), Some(unused)) => {
                exit::warn(&unused, "");
                Ok(done)
            }
            (Err(failure), Some(unused)) if NETWORK_FAILURES.contains(&failure.code) => {
                let hint = format!("{}; {unused}", failure.hint);
                Err(failure.with_hint(hint))
            }
            (outcome, _) => outcome,
        }
    }
}

fn offer_proxy(options: &mut SettingsOptions, variable: &Variable, may_keep: bool) -> Option<Secret> {
    let Some(proxy) = variable.value.to_str().and_then(ProxyAddress::parse) else {
        exit::warn(
            &format!("{} of this shell is not the address of an http proxy and is not used", variable.name),
            "",
        );
        return None;
    };
    let question = match (&proxy.password, may_keep) {
        (None, _) => "Go through it for this profile?",
        (Some(_), true) => "Go through it for this profile, with its password beside the secret?",
        (Some(_), false) => {
            "Go through it for this profile? Its password is taken from where the secret is stored, a line \
             `proxy-password: PASSWORD`"
        }
    };
    if !confirm_value(variable, OsStr::new(&proxy.address), question) {
        return None;
    }
    options.proxy = Some(proxy.address);
    proxy.password.filter(|_| may_keep)
}

fn confirm_value(variable: &Variable, value: &OsStr, question: &str) -> bool {
    let value = sanitize(&value.to_string_lossy());
    prompt::confirm(&format!("{} of this shell is {value}. {question}", variable.name))
}

impl Found {
    fn read(options: &SettingsOptions, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let first =
            |is_wanted: bool, names: &[&'static str]| proxy::first(names, &variable).filter(|_| is_wanted);
        let proxy = first(options.proxy.is_none(), &proxy::PROXIES);
        let may_have_proxy = proxy.is_some() || options.proxy.as_deref().is_some_and(|it| !it.is_empty());
        let no_proxy = first(options.no_proxy.is_none() && may_have_proxy, &proxy::NO_PROXIES);
        Self { proxy, no_proxy, roots: first(options.ca_bundle.is_none(), &proxy::ROOTS) }
    }

    fn sentence(&self) -> Option<String> {
        let found = [(&self.proxy, "--proxy"), (&self.no_proxy, "--no-proxy"), (&self.roots, "--ca-bundle")];
        let named = found.iter().filter_map(|(variable, option)| Some((variable.as_ref()?.name, *option)));
        let (names, options): (Vec<_>, Vec<_>) = named.unzip();
        let (are, keep) = if names.len() == 1 { ("is", "keeps it") } else { ("are", "keep them") };
        (!names.is_empty()).then(|| {
            let (names, options) = (names.join(", "), options.join(", "));
            format!("{names} of this shell {are} not used; {options} {keep} in the profile")
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: SettingsOptions,
    }

    fn found(line: &str, variables: &[(&str, &str)]) -> Found {
        let line = format!("create {line}");
        let options = Line::parse_from(line.split_whitespace()).options;
        Found::read(&options, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        })
    }

    fn sentence(line: &str, variables: &[(&str, &str)]) -> String {
        found(line, variables).sentence().unwrap_or_default()
    }

    const ALL: [(&str, &str); 3] =
        [("HTTPS_PROXY", "http://jo:hunter2@p:1"), ("NO_PROXY", "localhost"), ("SSL_CERT_FILE", "/x.pem")];

    #[test]
    fn what_is_not_used_is_named_with_its_option_and_without_its_value() {
        assert_eq!(
            sentence("", &ALL),
            "HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE of this shell are not used; \
             --proxy, --no-proxy, --ca-bundle keep them in the profile"
        );
        assert_eq!(
            sentence("", &[("SSL_CERT_FILE", "/x.pem")]),
            "SSL_CERT_FILE of this shell is not used; --ca-bundle keeps it in the profile"
        );
    }

    #[test]
    fn a_failure_that_the_way_may_explain_stays_one_line_and_others_are_left_alone() {
        let tell = |code| {
            let offered = ProxySuggestion { password: None, unused: Some("X is not used".to_owned()) };
            offered.report::<()>(Err(Failure::new(code, "no").with_hint("fix it"))).unwrap_err().hint
        };
        assert_eq!(tell(ErrorCode::SERVER_UNREACHABLE), "fix it; X is not used");
        assert_eq!(tell(ErrorCode::UNTRUSTED_SERVER), "fix it; X is not used");
        assert_eq!(tell(ErrorCode::SECRET_REFUSED), "fix it");
    }

    #[test]
    fn an_option_leaves_nothing_to_offer() {
        for (line, names) in [
            ("--proxy q:2 --no-proxy a --ca-bundle /y.pem", [None, None, None]),
            ("--proxy= --ca-bundle=", [None, None, None]),
            ("--proxy q:2", [None, Some("NO_PROXY"), Some("SSL_CERT_FILE")]),
            ("--ca-bundle /y.pem", [Some("HTTPS_PROXY"), Some("NO_PROXY"), None]),
        ] {
            let found = found(line, &ALL);
            let found = [found.proxy, found.no_proxy, found.roots].map(|variable| variable.map(|it| it.name));
            assert_eq!(found, names, "{line}");
        }
    }

    #[test]
    fn the_small_name_counts_first_an_empty_value_never_and_hosts_only_with_a_proxy() {
        let name = |variables: &[(&str, &str)]| found("", variables).proxy.map(|variable| variable.name);
        assert_eq!(name(&[("HTTPS_PROXY", "a:1"), ("https_proxy", "b:1")]), Some("https_proxy"));
        assert_eq!(name(&[("HTTPS_PROXY", ""), ("ALL_PROXY", "b:1")]), Some("ALL_PROXY"));
        assert_eq!(name(&[("HTTP_PROXY", "a:1"), ("http_proxy", "a:1")]), None);
        assert_eq!(sentence("", &[("NO_PROXY", "localhost")]), "");
    }
}
