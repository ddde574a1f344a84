//! Owns what only Windows has: the start of programs, security descriptors, SIDs.

pub mod access;
pub mod child;
#[cfg(windows)]
#[path = "windows/security/windows.rs"]
pub mod security;
pub mod sid;
