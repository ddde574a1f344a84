//! Owns the reading of values that several commands on profiles take.

use std::ffi::OsStr;

use cp_token_protocol::{ErrorCode, Failure};

use crate::run::home;

/// The daemon has another working folder, so a path is told to it from the root.
pub(super) fn absolute(path: &OsStr, option: &str) -> Result<String, Failure> {
    let absolute =
        std::path::absolute(home::expand(path)).ok().and_then(|path| path.to_str().map(str::to_owned));
    absolute.ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, format!("{option} is no path that can be stored"))
            .with_hint("give the path of a file, in UTF-8")
    })
}

/// The path of a CA bundle from the root; nothing for the system's own roots.
pub(super) fn absolute_or_none(path: &OsStr) -> Result<String, Failure> {
    if path.is_empty() { Ok(String::new()) } else { absolute(path, "--ca-bundle") }
}

/// The entries of a list that was split at its commas.
pub(super) fn entries(list: Vec<String>) -> Vec<String> {
    list.iter().map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect()
}
