//! What the black-box tests share. Nothing in this crate ships, and it knows the product only from outside.
#![allow(clippy::expect_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

pub mod binaries;
pub mod certificates;
#[cfg(target_os = "linux")]
pub mod clock_shim;
pub mod echo_server;
pub mod fake_crashplan;
pub mod fake_proxy;
pub mod guarded_server;
#[cfg(target_os = "linux")]
pub mod official_cli;
pub mod oracle;
#[cfg(target_os = "linux")]
pub mod picture;
pub mod programs;
#[cfg(target_os = "linux")]
pub mod python_session;
#[cfg(target_os = "linux")]
pub mod slow_disk;
pub mod snippets;
#[cfg(target_os = "linux")]
pub mod user_manager;
#[cfg(target_os = "linux")]
pub mod world;
