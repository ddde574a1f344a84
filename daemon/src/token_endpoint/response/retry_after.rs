//! Owns the parsing of `Retry-After` (RFC 9110, section 10.2.3) in both its forms, and of dates. It must not read a clock,
//! nor accept a delay of nothing or for ever.

use std::time::{Duration, UNIX_EPOCH};

/// The shortest and the longest delay that is accepted.
const MIN_DELAY: Duration = Duration::from_secs(1);
const MAX_DELAY: Duration = Duration::from_secs(5 * 60);
/// The length of the only form of a date that servers may send: `Sun, 06 Nov 1994 08:49:37 GMT`.
const DATE_LENGTH: usize = 29;

/// The delay that the header asks for, from 1 s to 5 min, if it is a number or a date. `now` is the wall clock as time
/// since 1970.
pub(super) fn read(value: &[u8], now: Duration) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let delay = seconds(text).or_else(|| Some(date(text)?.saturating_sub(now)))?;
    Some(delay.clamp(MIN_DELAY, MAX_DELAY))
}

/// A date of a header (RFC 9110, section 5.6.7) as time since 1970. The two obsolete forms are rejected.
pub(super) fn date(text: &str) -> Option<Duration> {
    let date = httpdate::parse_http_date(text).ok().filter(|_| text.len() == DATE_LENGTH)?;
    date.duration_since(UNIX_EPOCH).ok()
}

/// A negative number counts as 0, one that overflows as the longest delay.
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

    #[test]
    fn dates_of_known_days_are_counted_right() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Tue, 19 Jan 2038 03:14:08 GMT", 2_147_483_648),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ] {
            assert_eq!(date(text), Some(Duration::from_secs(expected)), "{text}");
        }
    }
}
