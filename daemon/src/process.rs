//! Owns what belongs to the process itself: arguments, protection, signals, paths, logging.

pub mod args;
pub mod children;
mod failure;
pub mod harden;
pub mod instance;
pub mod logging;
pub mod paths;
pub mod protections;
pub mod readiness;
pub mod signals;
pub mod watchdog;
