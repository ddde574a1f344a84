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

#[cfg(unix)]
mod unix;

pub use system::Signals;
#[cfg(unix)]
pub use {system::block, unix::unblock};

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
