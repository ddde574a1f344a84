//! Owns the doors: the meeting place, who is let in, and one conversation each. Below it, nobody knows that
//! there are sockets.

pub mod activation;
mod eager;
pub mod listener;
mod session;
pub mod socket;
pub mod throttle;
