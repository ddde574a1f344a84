//! Owns how instants and spans of time are written, for programs and for people. It reads no clock.

use std::time::{Duration, UNIX_EPOCH};

/// The last second of the year 9999: RFC 3339 has no later one.
const LAST_SECOND: u64 = 253_402_300_799;

pub(crate) fn rfc3339(seconds: u64) -> String {
    let instant = UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND));
    humantime::format_rfc3339_seconds(instant).to_string()
}

/// The same to the minute, for a table.
pub(crate) fn minute(seconds: u64) -> String {
    let text = rfc3339(seconds);
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

pub(crate) fn span(milliseconds: u64) -> String {
    humantime::format_duration(Duration::from_secs(milliseconds / 1000)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_utc_and_never_past_what_the_notation_has() {
        assert_eq!(rfc3339(1_800_000_000), "2027-01-15T08:00:00Z");
        assert_eq!(minute(1_800_000_000), "2027-01-15 08:00 UTC");
        assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn spans_are_told_to_the_second() {
        assert_eq!(span(899_999), "14m 59s");
        assert_eq!(span(0), "0s");
    }
}
