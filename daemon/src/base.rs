//! Owns what every wing may use and what knows nothing of tokens.

pub mod activity;
pub mod blocking;
pub mod clock;
pub mod commit_point;
pub mod files;
pub mod lock_flag;
pub mod memory;
pub mod mutex;
pub mod sanitize;
pub mod unwind;
