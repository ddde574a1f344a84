//! Owns the findings on variables of this shell that name other directories than the running daemon's. Pure but for links.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cp_token_protocol::message::{Finding, StatusReport};

use crate::terminal::sanitize::sanitize;

pub(super) fn findings(
    status: &StatusReport,
    variable: impl Fn(&str) -> Option<OsString>,
) -> impl Iterator<Item = Finding> {
    let config = place(["CP_TOKEN_CONFIG_DIR", "XDG_CONFIG_HOME"], "config.toml", &variable);
    let state = place(["CP_TOKEN_STATE_DIR", "XDG_STATE_HOME"], "state.json", &variable);
    let pairs = [(config, status.config_file.clone()), (state, status.state_file.clone())];
    pairs.into_iter().filter_map(|(place, daemons)| differs(&place?, &daemons))
}

type VariablePath = (&'static str, PathBuf);

/// Only Linux has the second variable; a relative one counts for nothing there.
fn place(
    [own, base]: [&'static str; 2],
    file: &str,
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Option<VariablePath> {
    let value = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = value(own) {
        return Some((own, folder.join(file)));
    }
    let folder = value(base).filter(|folder| cfg!(target_os = "linux") && folder.is_absolute())?;
    Some((base, folder.join("cp-token").join(file)))
}

fn differs((name, here): &VariablePath, daemons: &str) -> Option<Finding> {
    // A path that is no text came with stand-ins, as this one then has them.
    if here.to_string_lossy() == daemons || is_same(here, Path::new(daemons)) {
        return None;
    }
    let shown = sanitize(&here.to_string_lossy());
    let found = format!("{name} leads to {shown}, and the daemon that runs uses {}", sanitize(daemons));
    let fix = "To use this shell's: `cp-token daemon stop`, which loses secrets that only memory holds; the next call starts another";
    Some(super::warning(None, found, fix.to_owned()))
}

/// Whether two folders are one by their links; the files may be missing.
fn is_same(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    folder(one).is_some_and(|one| folder(other) == Some(one))
}
