//! Owns the failures of a daemon that cannot start.

use cp_token_protocol::{AddressError, ErrorCode, Failure};

/// An error that keeps the daemon from starting.
pub trait StartError: std::error::Error {
    /// Its code, and what to do about it.
    fn meaning(&self) -> (ErrorCode, &'static str);
}

/// What it means that the daemon cannot start.
pub fn of_start(error: &impl StartError) -> Failure {
    let (code, hint) = error.meaning();
    Failure::new(code, format!("the daemon cannot start: {error}")).with_hint(hint)
}

impl StartError for AddressError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::CONFIG_UNSAFE, "Set it to an absolute path, or take it away")
    }
}

impl StartError for std::io::Error {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::DAEMON_UNAVAILABLE, "Free some of the machine's processes, descriptors or memory")
    }
}
