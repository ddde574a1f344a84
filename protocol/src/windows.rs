//! Owns the map of what only Windows has: children, security descriptors, SIDs.

#[cfg(any(windows, test))]
pub mod access;
#[cfg(any(windows, test))]
pub mod child;
#[cfg(windows)]
#[path = "windows/security/windows.rs"]
pub mod security;
#[cfg(any(windows, test))]
pub mod sid;
