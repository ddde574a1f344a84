//! Owns what the process gives up before it does anything else, and the honest account of how that went.

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

/// Why the process will not be the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HardenError {
    /// It was started with the rights of one user by another.
    #[error("cp-tokend must not run setuid or setgid; remove the bit: chmod ug-s cp-tokend")]
    Privileged,
    /// It may open too few descriptors: has, needs.
    #[error("it may open {0} descriptors and needs {1}")]
    Descriptors(u64, u64),
    /// It may use too little processor time: has, needs, in seconds.
    #[error("it may use {0} s of processor time and needs {1}")]
    ProcessorTime(u64, u64),
}

/// Variables that the daemon keeps. Proxies, CA files and loader variables of whichever shell started it are
/// not among them. Those that say where `pass`, gpg and the like keep things, and where they can ask a person, are
/// for the programs of profiles whose secret such a program prints.
const KEPT: &[&str] = &[
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

/// Hardens the process. To be called before any thread, pipe or secret exists.
///
/// # Errors
/// [`HardenError`].
#[cfg(windows)]
pub fn process(_: &[i32]) -> Result<Vec<ProtectionReport>, HardenError> {
    Ok(system::process(|name| is_kept(&name.to_string_lossy())))
}

/// Hardens the process, in the order in which each step protects the next. To be called before any thread,
/// socket or secret exists; how that went where the system does not tell it later. `given` are the descriptors that whoever started us has handed over on purpose.
///
/// # Errors
/// [`HardenError`].
#[cfg(not(windows))]
pub fn process(given: &[i32]) -> Result<Vec<ProtectionReport>, HardenError> {
    if system::is_privileged() {
        return Err(HardenError::Privileged);
    }
    system::close_inherited(given);
    system::private_files_and_no_folder();
    system::forbid_dumps();
    system::forbid_core_files();
    system::forbid_new_privileges();
    system::clear_environment(|name| is_kept(&name.to_string_lossy()));
    system::notice_ended_children();
    crate::process::signals::block();
    system::outlive_limits();
    system::raise_descriptor_limit();
    if let Some(limit) = system::too_few_descriptors() {
        return Err(HardenError::Descriptors(limit, system::FEWEST_DESCRIPTORS));
    }
    if let Some(limit) = system::processor_time_limit().filter(|limit| *limit < LEAST_PROCESSOR_TIME) {
        return Err(HardenError::ProcessorTime(limit, LEAST_PROCESSOR_TIME));
    }
    system::use_one_heap();
    Ok(Vec::new())
}

/// With less the daemon would be ended, with all it holds, in the middle of a day's work. In seconds.
#[cfg(not(windows))]
const LEAST_PROCESSOR_TIME: u64 = 60;

/// How the process stands now, as the system tells it, and what is built in.
#[cfg(not(windows))]
pub fn standing() -> Vec<ProtectionReport> {
    vec![
        report("no core dump, no tracing by other programs of the user", Some(system::dumps_are_forbidden())),
        report("no core file", Some(system::core_files_are_forbidden())),
        report("no new privileges", system::new_privileges_are_forbidden()),
        // The allocator of this program does it; there is nothing that could take it away.
        report("freed memory wiped", Some(true)),
    ]
}

/// What was given up at the start cannot be taken back there.
#[cfg(windows)]
pub fn standing() -> Vec<ProtectionReport> {
    Vec::new()
}

/// Whether the environment says that a service manager hands this very process a socket.
pub fn is_handed_over(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let number = |name| variable(name)?.to_str()?.parse::<u32>().ok();
    number("LISTEN_PID") == Some(std::process::id()) && number("LISTEN_FDS").is_some_and(|count| count > 0)
}

/// Whether the daemon keeps the variable of that name.
pub(crate) fn is_kept(name: &str) -> bool {
    KEPT.contains(&name) || is_the_systems(name)
}

/// Whether the system's own libraries ask for it.
#[cfg(windows)]
fn is_the_systems(name: &str) -> bool {
    cp_token_protocol::windows::child::SYSTEM_VARIABLES.iter().any(|kept| kept.eq_ignore_ascii_case(name))
}

#[cfg(not(windows))]
fn is_the_systems(_: &str) -> bool {
    false
}

/// How a protection stands; none where the system does not have it.
pub(crate) fn report(name: &str, holds: Option<bool>) -> ProtectionReport {
    let state = match holds {
        Some(true) => ProtectionState::On,
        Some(false) => ProtectionState::Off,
        None => ProtectionState::Unsupported,
    };
    ProtectionReport { name: name.to_owned(), state, detail: String::new() }
}
