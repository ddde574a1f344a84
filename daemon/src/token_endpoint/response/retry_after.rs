//! Owns the reading of `Retry-After` (RFC 9110, section 10.2.3) in both its forms. It must not read a clock,
//! nor believe a server that asks for nothing or for an eternity.

use std::time::Duration;

use super::date::date;

/// The least and the most patience that a server is granted.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The delay that the header's value asks for, within 1 s and 5 min; nothing where it is neither a number nor a
/// date. `now` is the wall clock as time since 1970.
pub(super) fn read(value: &[u8], now: Duration) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let delay = seconds(text).or_else(|| Some(date(text)?.saturating_sub(now)))?;
    Some(delay.clamp(SHORTEST, LONGEST))
}

/// A negative number asks for nothing, one beyond all bounds for an eternity.
fn seconds(text: &str) -> Option<Duration> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount = if text.starts_with('-') { 0 } else { digits.parse().unwrap_or(u64::MAX) };
    Some(Duration::from_secs(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT

    fn wait(value: &str) -> Option<u64> {
        read(value.as_bytes(), NOW).map(|delay| delay.as_secs())
    }

    #[test]
    fn f07_seconds_are_taken_within_their_bounds() {
        for (value, seconds) in [
            ("30", 30),
            (" 7 ", 7),
            ("0", 1),
            ("-5", 1),
            ("300", 300),
            ("301", 300),
            ("99999999999999999999999", 300),
        ] {
            assert_eq!(wait(value), Some(seconds), "{value}");
        }
    }

    #[test]
    fn f07_dates_are_taken_within_their_bounds() {
        for (value, seconds) in [
            ("Sun, 06 Nov 1994 08:50:07 GMT", 30),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 1),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 300),
        ] {
            assert_eq!(wait(value), Some(seconds), "{value}");
        }
    }

    #[test]
    fn what_is_neither_is_ignored() {
        for value in [
            "",
            "-",
            "soon",
            "1.5",
            "1 2",
            "+3",
            "0x10",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "\u{661}",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(wait(value), None, "{value}");
        }
        assert_eq!(read(b"\xff\xfe", NOW), None);
    }
}
