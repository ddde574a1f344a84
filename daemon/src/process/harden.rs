//! Owns the hardening of the process before it does anything else, and the report of what succeeded.

use std::ffi::OsString;

use cp_token_protocol::message::{ProtectionReport, ProtectionState};

#[cfg(target_os = "linux")]
#[path = "harden/linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "harden/macos.rs"]
mod system;
#[cfg(unix)]
mod unix;

#[cfg(windows)]
#[path = "harden/windows.rs"]
mod system;

pub use system::{
    connection_limit, give_memory_back, locked_memory_limit, processor_time, processor_time_limit,
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

/// Hardens the process, before any thread, pipe or secret exists. Reports what cannot be read back later.
#[cfg(windows)]
pub fn process(_: &[i32]) -> Result<Vec<ProtectionReport>, HardenError> {
    Ok(system::process(|name| is_kept(&name.to_string_lossy())))
}

/// Hardens the process, in the order in which each step protects the next, before any thread, socket or secret exists.
/// Reports what cannot be read back later. `kept_fds` are descriptors that are inherited on purpose.
#[cfg(not(windows))]
pub fn process(kept_fds: &[i32]) -> Result<Vec<ProtectionReport>, HardenError> {
    if system::is_privileged() {
        return Err(HardenError::Privileged);
    }
    system::close_inherited(kept_fds);
    system::set_umask_and_directory();
    system::forbid_dumps();
    system::forbid_core_files();
    system::forbid_new_privileges();
    system::clear_environment(|name| is_kept(&name.to_string_lossy()));
    system::reset_sigchld();
    crate::process::signals::block();
    system::raise_limits();
    system::raise_descriptor_limit();
    if let Some(limit) = system::too_few_descriptors() {
        return Err(HardenError::Descriptors(limit, system::MIN_DESCRIPTORS));
    }
    if let Some(limit) = system::processor_time_limit().filter(|limit| *limit < MIN_PROCESSOR_SECONDS) {
        return Err(HardenError::ProcessorTime(limit, MIN_PROCESSOR_SECONDS));
    }
    system::use_one_heap();
    Ok(Vec::new())
}

/// With less, the system would kill the daemon and its secrets within a day.
#[cfg(not(windows))]
const MIN_PROCESSOR_SECONDS: u64 = 60;

/// The protections as the system reports them now, and those that are built in.
#[cfg(not(windows))]
pub fn status() -> Vec<ProtectionReport> {
    vec![
        report("no core dump, no tracing by other programs of the user", Some(system::dumps_are_forbidden())),
        report("no core file", Some(system::core_files_are_forbidden())),
        report("no new privileges", system::new_privileges_are_forbidden()),
        // The allocator does it; nothing can turn it off.
        report("freed memory wiped", Some(true)),
    ]
}

/// The protections of the start cannot be turned off here.
#[cfg(windows)]
pub fn status() -> Vec<ProtectionReport> {
    Vec::new()
}

/// Whether a service manager passes a socket to this process (sd_listen_fds(3)).
pub fn has_inherited_socket(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let number = |name| variable(name)?.to_str()?.parse::<u32>().ok();
    number("LISTEN_PID") == Some(std::process::id()) && number("LISTEN_FDS").is_some_and(|count| count > 0)
}

/// Whether the daemon keeps this variable.
pub(crate) fn is_kept(name: &str) -> bool {
    KEPT_VARIABLES.contains(&name) || is_of_system(name)
}

/// Whether the system's libraries need it.
#[cfg(windows)]
fn is_of_system(name: &str) -> bool {
    cp_token_protocol::windows::child::SYSTEM_VARIABLES.iter().any(|kept| kept.eq_ignore_ascii_case(name))
}

#[cfg(not(windows))]
fn is_of_system(_: &str) -> bool {
    false
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
