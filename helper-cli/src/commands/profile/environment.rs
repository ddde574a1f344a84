//! Owns what `profile create` makes of the proxy and the roots that a shell's variables name. By themselves they change
//! nothing; a person at the terminal is offered to keep them in the profile.

use std::ffi::{OsStr, OsString};

use cp_token_protocol::Secret;

use crate::cli::CreateOptions;
use crate::proxy_address::ProxyAddress;
use crate::text::clean;
use crate::{output, prompt};

/// The variables that name a proxy for `https`, in the order in which curl looks at them.
const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXIES: [&str; 2] = ["no_proxy", "NO_PROXY"];
const ROOTS: [&str; 1] = ["SSL_CERT_FILE"];

/// A variable that is set to something.
#[derive(Debug, PartialEq, Eq)]
struct Variable {
    name: &'static str,
    value: OsString,
}

/// The variables to which nothing on the command line corresponds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    proxy: Option<Variable>,
    no_proxy: Option<Variable>,
    roots: Option<Variable>,
}

/// Offers what the shell's variables name, and puts what a person keeps among the options. The password of a proxy,
/// where it was in its address; `may_keep` is whether it can be put beside the secret.
pub(super) fn offer(options: &mut CreateOptions, may_keep: bool) -> Option<Secret> {
    let found = Found::look(options, |name| std::env::var_os(name));
    if !prompt::can_ask() {
        found.sentence().iter().for_each(|sentence| output::complain(sentence));
        return None;
    }
    let password = found.proxy.and_then(|variable| offer_proxy(options, &variable, may_keep));
    let has_proxy = options.proxy.as_deref().is_some_and(|address| !address.is_empty());
    if let Some(variable) = found.no_proxy.filter(|_| has_proxy) {
        offer_hosts(options, &variable);
    }
    if let Some(variable) = found.roots
        && agrees(&variable, &variable.value, "Trust these roots alone for this profile?")
    {
        options.ca_bundle = Some(variable.value);
    }
    password
}

fn offer_proxy(options: &mut CreateOptions, variable: &Variable, may_keep: bool) -> Option<Secret> {
    let Some(proxy) = variable.value.to_str().and_then(ProxyAddress::parse) else {
        output::complain(&format!("{} of this shell is no http proxy, and is not used\n", variable.name));
        return None;
    };
    let question = match (&proxy.password, may_keep) {
        (None, _) => "Go through it for this profile?",
        (Some(_), true) => "Go through it for this profile, with its password beside the secret?",
        (Some(_), false) => {
            "Go through it for this profile? Its password is taken from where the secret rests, a line \
             `proxy-password: PASSWORD`"
        }
    };
    if !agrees(variable, OsStr::new(&proxy.address), question) {
        return None;
    }
    options.proxy = Some(proxy.address);
    proxy.password.filter(|_| may_keep)
}

fn offer_hosts(options: &mut CreateOptions, variable: &Variable) {
    let Some(list) = variable.value.to_str() else { return };
    if agrees(variable, &variable.value, "Ask these without the proxy?") {
        options.no_proxy = list.split(',').map(str::to_owned).collect();
    }
}

fn agrees(variable: &Variable, value: &OsStr, question: &str) -> bool {
    let value = clean(&value.to_string_lossy());
    prompt::consents(&format!("{} of this shell is {value}. {question}", variable.name))
}

impl Found {
    fn look(options: &CreateOptions, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|&name| {
                let value = variable(name).filter(|value| !value.is_empty())?;
                Some(Variable { name, value })
            })
        };
        let proxy = if options.proxy.is_none() { first(&PROXIES) } else { None };
        let may_have_proxy = proxy.is_some() || options.proxy.as_deref().is_some_and(|it| !it.is_empty());
        let no_proxy = if options.no_proxy.is_empty() && may_have_proxy { first(&NO_PROXIES) } else { None };
        let roots = if options.ca_bundle.is_none() { first(&ROOTS) } else { None };
        Self { proxy, no_proxy, roots }
    }

    /// Says what is not used, where there is something.
    fn sentence(&self) -> Option<String> {
        let found = [(&self.proxy, "--proxy"), (&self.no_proxy, "--no-proxy"), (&self.roots, "--ca-bundle")];
        let (names, options): (Vec<_>, Vec<_>) = found
            .into_iter()
            .filter_map(|(variable, option)| Some((variable.as_ref()?.name, option)))
            .unzip();
        let (are, them) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
        (!names.is_empty()).then(|| {
            format!(
                "cp-token: {} of this shell {are} not used; to keep {them} in the profile: {}\n",
                names.join(", "),
                options.join(", ")
            )
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
        options: CreateOptions,
    }

    fn found(line: &str, variables: &[(&str, &str)]) -> Found {
        let line = format!("create prod --client-id key-1 {line}");
        let options = Line::parse_from(line.split_whitespace()).options;
        Found::look(&options, |name| {
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
            "cp-token: HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE of this shell are not used; \
             to keep them in the profile: --proxy, --no-proxy, --ca-bundle\n"
        );
        assert_eq!(
            sentence("", &[("SSL_CERT_FILE", "/x.pem")]),
            "cp-token: SSL_CERT_FILE of this shell is not used; to keep it in the profile: --ca-bundle\n"
        );
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
