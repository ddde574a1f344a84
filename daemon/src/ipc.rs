//! Owns the doors: the meeting place, who is let in, and one conversation each. Below it, nobody knows that
//! there are sockets.

#[cfg_attr(windows, path = "ipc/activation/windows.rs")]
pub mod activation;
pub mod conversations;
pub mod door;
mod eager;
pub mod listener;
#[cfg_attr(windows, path = "ipc/lobby/windows.rs")]
mod lobby;
#[cfg_attr(not(target_os = "linux"), path = "ipc/removals/elsewhere.rs")]
pub mod removals;
mod session;
#[cfg_attr(windows, path = "ipc/socket/windows.rs")]
pub mod socket;
#[cfg_attr(unix, path = "ipc/unix.rs")]
#[cfg_attr(windows, path = "ipc/windows.rs")]
mod system;
pub mod throttle;
