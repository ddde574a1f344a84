//! Owns the hardening of the process before it does anything else, and the report of what succeeded.

use cp_token_protocol::message::{ProtectionReport, ProtectionState};

#[cfg(target_os = "linux")]
#[path = "harden/linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "harden/macos.rs"]
mod system;
#[cfg(windows)]
#[path = "harden/windows.rs"]
mod system;
#[cfg(unix)]
mod unix;

pub use system::{
    connection_limit, give_memory_back, locked_memory_limit, process, processor_time, processor_time_limit,
    status,
};

/// Why the process must not run as the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HardenError {
    /// It is setuid or setgid.
    #[error("cp-tokend must not run setuid or setgid; remove the bit: chmod ug-s cp-tokend")]
    Privileged,
    /// The limit on descriptors is too low: limit, minimum.
    #[error("it may open {0} descriptors and needs {1}")]
    Descriptors(u64, u64),
    /// The limit on processor time is too low: limit, minimum, in seconds.
    #[error("it may use {0} s of processor time and needs {1}")]
    ProcessorTime(u64, u64),
}

/// Variables that the daemon keeps. Proxies, CA files and loader variables of the shell that started it are not among them.
/// Those for `pass`, gpg and the like, and for their dialogs, are for the programs that print a profile's secret.
const KEPT_VARIABLES: &[&str] = &[
    "CP_TOKEN_CONFIG_DIR",
    "CP_TOKEN_LOG",
    "CP_TOKEN_SOCKET",
    "CP_TOKEN_STATE_DIR",
    "CREDENTIALS_DIRECTORY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DISPLAY",
    "GNUPGHOME",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "NOTIFY_SOCKET",
    "PASSWORD_STORE_DIR",
    "PATH",
    "TZ",
    "USER",
    "WATCHDOG_USEC",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
];

/// Whether the daemon keeps this variable.
pub(crate) fn is_kept(name: &str) -> bool {
    // The system's libraries need these.
    #[cfg(windows)]
    if cp_token_protocol::windows::child::SYSTEM_VARIABLES.iter().any(|kept| kept.eq_ignore_ascii_case(name))
    {
        return true;
    }
    KEPT_VARIABLES.contains(&name)
}

/// The report of a protection; none if the system does not have it.
pub(crate) fn report(name: &str, is_on: Option<bool>) -> ProtectionReport {
    let state = match is_on {
        Some(true) => ProtectionState::On,
        Some(false) => ProtectionState::Off,
        None => ProtectionState::Unsupported,
    };
    ProtectionReport { name: name.to_owned(), state, detail: String::new() }
}
