//! Owns the doors: the meeting place, who is let in, and one conversation each. Below it, nobody knows that
//! there are sockets.

pub mod activation;
pub mod conversations;
pub mod door;
mod eager;
pub mod listener;
mod lobby;
mod session;
pub mod socket;
#[path = "ipc/unix.rs"]
mod system;
pub mod throttle;
