//! Owns how long a command waits for a token, what it waits out, and when it asks the daemon once more.

use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};

use crate::daemon::client;
use crate::daemon::deadline::Deadline;

/// How long in all, unless it is said.
const ORDINARY: Duration = Duration::from_secs(30);
/// The same for whoever waits out outages.
const LONG: Duration = Duration::from_secs(15 * 60);
/// Where the daemon does not say when to ask again.
const SHORT_WHILE: Duration = Duration::from_millis(500);

/// How long a caller waits, and for what.
pub(super) struct RetryPolicy {
    /// In all.
    pub(super) limit: Duration,
    /// Whether it waits out what may pass: failures of the server and of the way to it.
    pub(super) retries: bool,
}

impl RetryPolicy {
    /// As the options have it; where they say nothing, as `CP_TOKEN_RETRY` has it.
    ///
    /// # Errors
    /// [`ErrorCode::USAGE`] where the variable is neither 0 nor 1.
    pub(super) fn of(limit: Option<Duration>, retry: bool) -> Result<Self, Failure> {
        let retries = retry || environment_says_so()?;
        let usual = if retries { LONG } else { ORDINARY };
        Ok(Self { limit: limit.unwrap_or(usual), retries })
    }

    /// Asks, and asks again while that may help and there is time.
    ///
    /// # Errors
    /// What the last answer was.
    pub(super) fn ask<T>(
        &self,
        deadline: &Deadline,
        mut ask: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut may_be_unheard = true;
        loop {
            let failure = match ask() {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            // The daemon was just being restarted.
            if std::mem::take(&mut may_be_unheard) && client::is_retryable(&failure) {
                continue;
            }
            if !self.asks_again_after(&failure) || !sleep(&failure, deadline) {
                return Err(failure);
            }
        }
    }

    /// What others wait for is waited out by the daemon; here is what it cannot wait out.
    #[cold]
    fn asks_again_after(&self, failure: &Failure) -> bool {
        failure.code == ErrorCode::TOO_MANY_WAITING || (self.retries && failure.code == ErrorCode::STOPPING)
    }
}

/// Whether there was time for it.
#[cold]
fn sleep(failure: &Failure, deadline: &Deadline) -> bool {
    let asked = failure.retry_after_ms.map(Duration::from_millis).filter(|pause| !pause.is_zero());
    let pause = asked.unwrap_or(SHORT_WHILE);
    let has_time = deadline.remaining().is_ok_and(|left| left > pause);
    if has_time {
        std::thread::sleep(pause);
    }
    has_time
}

fn environment_says_so() -> Result<bool, Failure> {
    match std::env::var_os("CP_TOKEN_RETRY") {
        None => Ok(false),
        Some(value) if value.is_empty() || value == "0" => Ok(false),
        Some(value) if value == "1" => Ok(true),
        Some(_) => Err(bad_variable()),
    }
}

/// What is wrong with `CP_TOKEN_RETRY`, where something is.
pub(super) fn problem_of_variable() -> Option<Failure> {
    environment_says_so().err()
}

#[cold]
fn bad_variable() -> Failure {
    Failure::new(ErrorCode::USAGE, "CP_TOKEN_RETRY is neither 0 nor 1").with_hint("set it to 1, or unset it")
}
