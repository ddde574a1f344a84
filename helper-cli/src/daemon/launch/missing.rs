//! Owns the advice about a socket directory that is missing and is not created: which variable names it, and how to fix it.

use std::path::{Path, PathBuf};

use super::system;
use crate::run::shell;

/// The variables that lead to the socket directory, in the order in which they count.
const VARIABLES: [&str; 5] =
    ["CP_TOKEN_SOCKET", "XDG_RUNTIME_DIR", "CP_TOKEN_STATE_DIR", "XDG_STATE_HOME", "HOME"];

/// Where systemd makes the runtime folders. One that somebody else makes there is in its way.
const RUNTIME_FOLDERS: &str = "/run/user";

const PLACES: &str = "set CP_TOKEN_STATE_DIR and CP_TOKEN_CONFIG_DIR to folders of your own, made with mkdir -m 700 \
     (after sudo -E, unset XDG_RUNTIME_DIR and HOME)";

pub(super) fn existing(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|path| path.exists())
}

/// Whether the place that a variable names is there, and what is missing lies in it.
pub(super) fn is_given_and_there(folder: &Path) -> bool {
    given(folder).is_none_or(|(_, place)| place.exists())
}

pub(super) fn fix(folder: &Path) -> String {
    match given(folder) {
        None | Some(("XDG_STATE_HOME" | "HOME", _)) => PLACES.to_owned(),
        Some((name, place)) => fix_variable(name, &place),
    }
}

fn fix_variable(name: &str, place: &Path) -> String {
    if name == "XDG_RUNTIME_DIR" && place.parent() == Some(Path::new(RUNTIME_FOLDERS)) {
        return "unset XDG_RUNTIME_DIR, or log in, which makes it; `loginctl enable-linger` makes it for jobs \
                without a session"
            .to_owned();
    }
    if place.exists() || !existing(place).is_some_and(system::may_make_in) {
        let place = if name == "CP_TOKEN_SOCKET" { "a name in a folder" } else { "a folder" };
        return format!("set {name} to {place} of your own, or unset it");
    }
    shell::with_command("make it", "mkdir -m 700 -p", place)
}

fn given(folder: &Path) -> Option<(&'static str, PathBuf)> {
    let value = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let place = |name| match (name, value(name)?) {
        ("CP_TOKEN_SOCKET", socket) => socket.parent().map(Path::to_owned),
        (_, place) => Some(place),
    };
    let leads_there = |name| Some((name, place(name).filter(|place| folder.starts_with(place))?));
    VARIABLES.into_iter().find_map(leads_there)
}
