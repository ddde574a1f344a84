//! Owns which variables of a shell name a proxy, the hosts without one, and the roots. It uses none of them.

use std::ffi::OsString;

/// The variables that name a proxy for `https`, in the order in which curl looks at them.
const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXIES: [&str; 2] = ["no_proxy", "NO_PROXY"];
const ROOTS: [&str; 1] = ["SSL_CERT_FILE"];

/// A variable that is set to something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its value, which is not empty. A proxy's may hold a password.
    pub(crate) value: OsString,
}

/// The one that names the proxy, as `variable` has it.
pub(crate) fn proxy(variable: &impl Fn(&str) -> Option<OsString>) -> Option<Variable> {
    first(&PROXIES, variable)
}

/// The one that lists the hosts without a proxy.
pub(crate) fn no_proxy(variable: &impl Fn(&str) -> Option<OsString>) -> Option<Variable> {
    first(&NO_PROXIES, variable)
}

/// The one that names the roots.
pub(crate) fn roots(variable: &impl Fn(&str) -> Option<OsString>) -> Option<Variable> {
    first(&ROOTS, variable)
}

fn first(names: &[&'static str], variable: &impl Fn(&str) -> Option<OsString>) -> Option<Variable> {
    names.iter().find_map(|&name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(Variable { name, value })
    })
}
