//! Owns the durations of a token's life: safety margin, renewal age, back-off. Pure.

use std::time::Duration;

/// A shorter life is useless: an ordinary request may outlast it.
pub const MIN_LIFE: Duration = Duration::from_secs(1);
/// The largest safety margin.
pub const MAX_MARGIN: Duration = Duration::from_secs(60);
/// The longest back-off after a server error.
pub const MAX_SERVER_BACKOFF: Duration = Duration::from_secs(60);
/// The longest back-off after a local failure (network, keyring, file), which may end at any moment.
pub const MAX_LOCAL_BACKOFF: Duration = Duration::from_secs(4);
/// The shortest pause that a server can ask for with `Retry-After`.
pub const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);
/// The longest pause that a server can ask for with `Retry-After`.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The safety margin: the last tenth of a token's life, at most a minute, in which it is not served.
pub fn margin(life: Duration) -> Duration {
    (life / 10).min(MAX_MARGIN)
}

/// The age at which a token is renewed: 70 to 80 % of its life; `jitter` is in [0, 1).
pub fn renewal_age(life: Duration, jitter: f64) -> Duration {
    life.mul_f64(0.7 + 0.1 * jitter.clamp(0.0, 1.0))
}

/// How recent the last request for a token must be for a renewal ahead of expiry: a third of its life.
pub fn renewal_interest(life: Duration) -> Duration {
    life / 3
}

/// The pause after `failures` failures in a row: doubled from one second up to `cap`, plus up to a quarter of jitter.
/// `retry_after`, if the server sent it, replaces that.
pub fn back_off(failures: u32, cap: Duration, retry_after: Option<Duration>, jitter: f64) -> Duration {
    if let Some(asked) = retry_after {
        return asked.clamp(MIN_RETRY_AFTER, MAX_RETRY_AFTER);
    }
    let doubled = Duration::from_secs(1 << failures.saturating_sub(1).min(16));
    with_jitter(doubled.min(cap), jitter)
}

/// The pause plus up to a quarter of jitter.
pub fn with_jitter(pause: Duration, jitter: f64) -> Duration {
    pause.mul_f64(1.0 + 0.25 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_margin_is_a_tenth_and_at_most_a_minute() {
        assert_eq!(margin(SECOND * 2), Duration::from_millis(200));
        assert_eq!(margin(SECOND * 900), SECOND * 60);
        assert_eq!(margin(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn renewal_lies_between_70_and_80_percent() {
        assert_eq!(renewal_age(SECOND * 1000, 0.0), SECOND * 700);
        assert!(renewal_age(SECOND * 1000, 0.999) < SECOND * 800);
    }

    #[test]
    fn back_off_doubles_to_its_cap() {
        let steps: Vec<u64> =
            (1..=8).map(|failures| back_off(failures, MAX_SERVER_BACKOFF, None, 0.0).as_secs()).collect();
        assert_eq!(steps, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(back_off(u32::MAX, MAX_LOCAL_BACKOFF, None, 0.999) <= SECOND * 5);
    }

    #[test]
    fn f07_retry_after_is_clamped() {
        assert_eq!(back_off(1, MAX_SERVER_BACKOFF, Some(Duration::MAX), 0.5), SECOND * 300);
        assert_eq!(back_off(9, MAX_SERVER_BACKOFF, Some(Duration::ZERO), 0.5), SECOND);
        assert_eq!(back_off(9, MAX_SERVER_BACKOFF, Some(SECOND * 7), 0.5), SECOND * 7);
    }
}
