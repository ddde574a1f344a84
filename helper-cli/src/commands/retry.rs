//! Owns how long a command waits for a token, and when it retries.

use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};

use crate::daemon::client;
use crate::daemon::deadline::Deadline;

/// The timeout of all attempts together without `--timeout`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// The same with `--retry`.
const DEFAULT_RETRY_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// The pause before a retry if the daemon names none.
const DEFAULT_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct RetryPolicy {
    pub(super) timeout: Duration,
    pub(super) retries: bool,
}

impl RetryPolicy {
    /// The policy from the options, else from `CP_TOKEN_RETRY`; [`ErrorCode::USAGE`] if that is neither 0 nor 1.
    pub(super) fn new(timeout: Option<Duration>, retries: Option<bool>) -> Result<Self, Failure> {
        let retries = retries.map_or_else(retries_by_environment, Ok)?;
        let default = if retries { DEFAULT_RETRY_TIMEOUT } else { DEFAULT_TIMEOUT };
        Ok(Self { timeout: timeout.unwrap_or(default), retries })
    }

    /// Makes an attempt, and retries while that may help and there is time. Returns the last outcome.
    pub(super) fn run<T>(
        &self,
        deadline: &Deadline,
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (mut is_first, mut last) = (true, None);
        loop {
            let failure = match attempt() {
                Ok(answer) => return Ok(answer),
                Err(failure) => after_waiting(failure, last.take()),
            };
            // The daemon was being restarted.
            if std::mem::take(&mut is_first) && client::is_retryable(&failure) {
                continue;
            }
            if !self.retries_after(&failure) || !sleep(&failure, deadline) {
                return Err(failure);
            }
            last = Some(failure);
        }
    }

    /// The daemon itself retries after failures of the server; these are the failures that it cannot wait for.
    #[cold]
    fn retries_after(&self, failure: &Failure) -> bool {
        match failure.code {
            // A config that is still being written may have the profile in the end.
            ErrorCode::TOO_MANY_WAITING | ErrorCode::CONFIG_CHANGED => true,
            code => self.retries && code == ErrorCode::STOPPING,
        }
    }
}

/// What to say when the time ran out during a retry: why the command had to retry, where it is the config.
#[cold]
fn after_waiting(failure: Failure, last: Option<Failure>) -> Failure {
    let is_out_of_time = failure.code == ErrorCode::TIMED_OUT;
    last.filter(|last| is_out_of_time && last.code == ErrorCode::CONFIG_CHANGED).unwrap_or(failure)
}

/// Sleeps before a retry; `false` if there was no time for it.
#[cold]
fn sleep(failure: &Failure, deadline: &Deadline) -> bool {
    let asked = failure.retry_after_ms.map(Duration::from_millis).filter(|pause| !pause.is_zero());
    let pause = asked.unwrap_or(DEFAULT_PAUSE);
    let has_time = deadline.remaining().is_ok_and(|left| left > pause);
    if has_time {
        std::thread::sleep(pause);
    }
    has_time
}

/// What `CP_TOKEN_RETRY` says; [`ErrorCode::USAGE`] if that is neither 0 nor 1.
pub(super) fn retries_by_environment() -> Result<bool, Failure> {
    match std::env::var_os("CP_TOKEN_RETRY").unwrap_or_default() {
        value if value.is_empty() || value == "0" => Ok(false),
        value if value == "1" => Ok(true),
        _ => Err(Failure::new(ErrorCode::USAGE, "CP_TOKEN_RETRY is neither 0 nor 1")
            .with_hint("set it to 1, or unset it")),
    }
}
