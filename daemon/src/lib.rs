//! Owns the module map of `cp-tokend`: doors (`ipc`), office (`service`, `broker`, `registry`), brain
//! (`lease`) and yards (`authority`, `vault`, `program`, `clock`, `state`, `instance`, `harden`). Arrows go down.

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
