//! Owns what signals mean: stop, reload the config, restart with the program's new file, or nothing.

#[cfg(target_os = "linux")]
#[path = "signals/linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "signals/macos.rs"]
mod system;
#[cfg(windows)]
#[path = "signals/windows.rs"]
mod system;

pub use system::Signals;
#[cfg(unix)]
pub use system::{block, unblock};

/// Checks that the system provides a pair of sockets, without which the runtime would panic.
///
/// # Errors
/// The system's refusal.
#[cfg(unix)]
pub fn require_sockets() -> std::io::Result<()> {
    std::os::unix::net::UnixStream::pair().map(drop)
}

/// The runtime needs no sockets here.
///
/// # Errors
/// Never.
#[cfg(windows)]
pub fn require_sockets() -> std::io::Result<()> {
    Ok(())
}

/// What a signal requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalEvent {
    /// SIGTERM, SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
    /// SIGUSR2.
    Restart,
    /// SIGCHLD.
    Reap,
}
