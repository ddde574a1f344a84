//! Owns which variables of a shell name a proxy, the hosts without one, and the roots. It uses none of them.

use std::ffi::OsString;

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
