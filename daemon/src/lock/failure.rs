//! Owns the failures of the lock.

use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};

use crate::failure::seconds;

/// The daemon is locked already; its passphrase does not change.
pub fn locked_already() -> Failure {
    Failure::new(ErrorCode::LOCKED, "cp-tokend is locked already, and the passphrase is still the first one")
        .with_hint("to lock it with another one, run `cp-token unlock` first")
}

/// The passphrase is empty or too long.
pub fn no_passphrase() -> Failure {
    Failure::new(ErrorCode::SECRET_INVALID, "the passphrase is empty or longer than 4096 bytes")
}

/// The passphrase is wrong; `pause` delays the next one.
pub fn passphrase_refused(pause: Duration) -> Failure {
    let wait = if pause.is_zero() { String::new() } else { format!(" in {} s", seconds(pause)) };
    let failure = Failure::new(
        ErrorCode::PASSPHRASE_REFUSED,
        "that is not the passphrase that cp-tokend was locked with",
    )
    .with_hint(format!(
        "try again{wait}; if it is lost, `cp-token daemon stop` ends the lock and loses what only memory held"
    ));
    if pause.is_zero() { failure } else { failure.with_retry_after(pause) }
}

/// The queue of passphrases is full.
pub fn passphrase_busy() -> Failure {
    Failure::new(ErrorCode::PASSPHRASE_DELAYED, "cp-tokend is busy with other passphrases")
        .with_hint("try again in a moment")
        .with_retry_after(Duration::from_secs(1))
}

/// The key derivation needs 64 MiB, to make guessing expensive.
pub fn no_memory_for_key() -> Failure {
    Failure::new(ErrorCode::PASSPHRASE_DELAYED, "there are not 64 MiB of memory free to check the passphrase")
        .with_hint("end other programs, and try again")
        .with_retry_after(Duration::from_secs(1))
}

/// The system does not announce its sleep.
pub fn sleep_signal_unavailable() -> Failure {
    Failure::new(
        ErrorCode::SLEEP_SIGNAL_UNAVAILABLE,
        "this system does not say when it is about to sleep: no systemd-logind answers",
    )
    .with_hint("lock by hand instead, with `cp-token lock`")
}
