//! Owns the durations that a person writes, and their bounds.

use std::time::Duration;

/// The longest that `--timeout` may be.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// A life that a token can be asked to have left.
pub(crate) fn life(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a duration is written 90s, 2m or 1h30m".to_owned())
}

/// A limit on the time that a command may take.
pub(crate) fn limit(text: &str) -> Result<Duration, String> {
    let limit = life(text)?;
    if limit.is_zero() || limit > MAX_TIMEOUT {
        return Err("it must be more than nothing and at most 24h".to_owned());
    }
    Ok(limit)
}
