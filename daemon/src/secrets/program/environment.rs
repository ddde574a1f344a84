//! Owns the list of variables that a program is given. It reads no value of a secret.

use std::ffi::OsString;

const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The variables of the daemon's own environment that a program is given: the user, the language and the time zone; where
/// secret stores have their settings and sockets, and a service its credentials; where a program can ask for a passphrase.
const PASSED: &str = "HOME LANG LC_ALL LC_CTYPE LOGNAME TZ USER \
    CREDENTIALS_DIRECTORY GNUPGHOME PASSWORD_STORE_DIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR \
    DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY XAUTHORITY";
/// What the libraries of Windows need.
const PASSED_ON_WINDOWS: &str = "SYSTEMROOT USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES COMSPEC PATHEXT \
    TEMP USERNAME";

pub(super) fn passed() -> impl Iterator<Item = &'static str> {
    let of_system = if cfg!(windows) { PASSED_ON_WINDOWS } else { "" };
    PASSED.split_whitespace().chain(of_system.split_whitespace())
}

/// The environment of a program, from what `variable` gives.
pub(super) fn of_program(
    variable: impl Fn(&str) -> Option<OsString>,
) -> impl Iterator<Item = (&'static str, OsString)> {
    let path = variable("PATH").filter(|path| !path.is_empty()).unwrap_or_else(|| DEFAULT_PATH.into());
    passed().filter_map(move |name| Some((name, variable(name)?))).chain([("PATH", path)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b08_a_program_is_given_what_is_on_the_list_and_always_a_path() {
        let hostile = |name: &str| match name {
            "HOME" => Some("/home/me".into()),
            "LD_PRELOAD" | "CP_TOKEN_SOCKET" | "NOTIFY_SOCKET" | "HTTPS_PROXY" => Some("x".into()),
            _ => None,
        };
        let given: Vec<_> = of_program(hostile).collect();
        assert_eq!(given, [("HOME", "/home/me".into()), ("PATH", DEFAULT_PATH.into())]);
        let path = |value: &'static str| of_program(move |_| Some(value.into())).last().map(|(_, path)| path);
        assert_eq!(path("/opt/bin"), Some("/opt/bin".into()));
        assert_eq!(path(""), Some(DEFAULT_PATH.into()));
    }

    #[test]
    fn what_a_program_is_given_survives_the_daemons_own_hardening() {
        for name in passed() {
            assert!(crate::process::harden::is_kept(name), "{name}");
        }
        assert!(!crate::process::harden::is_kept("LD_PRELOAD"), "the control");
    }
}
