//! Owns the list of the daemon's wings. ARCHITECTURE.md draws them; tests/tests/architecture/wings.rs lists which may use which.

pub mod app;
pub mod audit;
pub mod base;
pub mod broker;
pub mod failure;
pub mod handover;
pub mod ipc;
pub mod lease;
pub mod lock;
pub mod process;
pub mod profile;
pub mod registry;
pub mod secrets;
pub mod service;
pub mod token_endpoint;
pub mod token_request;
