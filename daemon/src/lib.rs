//! Owns the module map of `cp-tokend`: doors (`ipc`), office (`service`, `broker`, `registry`), brain
//! (`lease`) and yards (`authority`, `vault`, `program`, `clock`, `state`, `instance`, `harden`). Arrows go down.

pub mod app;
pub mod args;
pub mod authority;
pub mod background;
pub mod broker;
pub mod clean;
pub mod clock;
pub mod codes;
pub mod config;
pub mod entry;
pub mod failure;
pub mod files;
pub mod grammar;
pub mod greeting;
pub mod harden;
pub mod instance;
pub mod intake;
pub mod ipc;
pub mod lease;
pub mod paths;
pub mod profile;
pub mod program;
pub mod proxy;
pub mod redeemer;
pub mod refusals;
pub mod registry;
pub mod request_url;
pub mod service;
pub mod signals;
pub mod sources;
pub mod state;
pub mod telemetry;
pub mod totp;
pub mod trade;
pub mod vault;
