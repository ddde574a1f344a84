//! Owns the words for what the lock refuses.

use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};

use crate::failure::seconds;

/// It is locked, and stays so under the passphrase that it was locked with.
pub fn locked_already() -> Failure {
    Failure::new(ErrorCode::LOCKED, "cp-tokend is locked already, and the passphrase is still the first one")
        .with_hint("To lock it with another one, run `cp-token unlock` first")
}

/// What was entered can be no passphrase.
pub fn no_passphrase() -> Failure {
    Failure::new(ErrorCode::SECRET_INVALID, "the passphrase is empty or longer than 4096 bytes")
}

/// A wrong passphrase, which makes everybody wait for so long.
pub fn passphrase_refused(pause: Duration) -> Failure {
    let wait = if pause.is_zero() { String::new() } else { format!(" in {} s", seconds(pause)) };
    let failure = Failure::new(
        ErrorCode::PASSPHRASE_REFUSED,
        "that is not the passphrase that cp-tokend was locked with",
    )
    .with_hint(format!(
        "Try again{wait}; if it is lost, `cp-token daemon stop` ends the lock and loses what only memory held"
    ));
    if pause.is_zero() { failure } else { failure.with_retry_after(pause) }
}

/// One passphrase at a time, and only so many wait.
pub fn passphrase_busy() -> Failure {
    Failure::new(ErrorCode::PASSPHRASE_DELAYED, "cp-tokend is busy with other passphrases")
        .with_hint("Try again in a moment")
        .with_retry_after(Duration::from_secs(1))
}

/// Making the key takes much memory, so that guessing does, too.
pub fn no_memory_for_key() -> Failure {
    Failure::new(ErrorCode::PASSPHRASE_DELAYED, "there are not 64 MiB of memory free to check the passphrase")
        .with_hint("End other programs, and try again")
        .with_retry_after(Duration::from_secs(1))
}

/// Nobody would tell the daemon when to lock.
pub fn sleep_unannounced() -> Failure {
    Failure::new(
        ErrorCode::SLEEP_UNANNOUNCED,
        "this system does not say when it is about to sleep: no systemd-logind answers",
    )
    .with_hint("Lock by hand instead, with `cp-token lock`")
}
