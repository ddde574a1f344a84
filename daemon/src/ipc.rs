//! Lists the modules for connections: the socket, who may connect, and what is read and sent. No wing below it knows that there
//! are sockets.

pub mod acceptor;
#[cfg(unix)]
#[path = "ipc/activation/unix.rs"]
pub mod activation;
pub mod connection_limiter;
mod failure;
mod fast_path;
mod listener;
mod pending_connections;
#[cfg(target_os = "linux")]
pub mod removal_watch;
mod session;
#[cfg_attr(windows, path = "ipc/socket/windows.rs")]
pub mod socket;
#[cfg_attr(unix, path = "ipc/unix.rs")]
#[cfg_attr(windows, path = "ipc/windows.rs")]
mod system;
mod throttle;
