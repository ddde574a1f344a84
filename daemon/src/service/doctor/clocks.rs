//! Owns the finding about the difference between a server's clock and ours. Pure.

use std::time::Duration;

use cp_token_protocol::message::{Finding, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure};

use super::report::Reporter;
use crate::token_request::totp::DEFAULT_PERIOD;

/// The largest difference for computed one-time codes: beyond two time steps, a server that follows RFC 6238 (section 5.2:
/// one step at most) refuses them.
const MAX_FOR_CODES: Duration = DEFAULT_PERIOD.saturating_mul(2);
/// The largest difference for everything else, such as certificates; it is also the limit of Kerberos.
const MAX_DIFFERENCE: Duration = Duration::from_secs(300);

/// Compares our clock with the server's `date`. `before` and `after` are our wall clock around the request. The server's
/// date is in whole seconds.
pub(super) fn compare(
    report: Reporter<'_>,
    date: Option<Duration>,
    before: Duration,
    after: Duration,
    totp: &TotpMethod,
) -> Finding {
    const CHECK: &str = "clock";
    let Some(date) = date else {
        return report.warning(CHECK, "the server does not say what time it is", "");
    };
    let behind = date.saturating_sub(after);
    let ahead = before.saturating_sub(date.saturating_add(Duration::from_secs(1)));
    let (off, side) = if ahead > behind { (ahead, "ahead of") } else { (behind, "behind") };
    let has_codes = *totp == TotpMethod::Stored;
    let limit = if has_codes { MAX_FOR_CODES } else { MAX_DIFFERENCE };
    let found = format!("this machine's clock is {} {side} the server's", roughly(off));
    let fix = "set it right, with timedatectl set-ntp true for instance";
    match off {
        _ if off <= Duration::from_secs(2) => report.ok(CHECK, "this machine's clock is the server's"),
        _ if off <= DEFAULT_PERIOD => report.ok(CHECK, found),
        _ if off <= limit => report.warning(CHECK, found, fix),
        _ => {
            let cost = if has_codes { ", too much for one-time codes" } else { "" };
            report.error(CHECK, &Failure::new(ErrorCode::CLOCK_WRONG, found + cost).with_hint(fix))
        }
    }
}

/// A rounded time, so that a server cannot pass on a secret (a password of digits, perhaps) in its date.
fn roughly(off: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    match off.as_secs() {
        seconds if seconds <= 2 * MINUTE => format!("{seconds} s"),
        seconds if seconds <= 2 * HOUR => format!("about {} minutes", seconds / MINUTE),
        seconds if seconds <= 24 * HOUR => format!("about {} hours", seconds / HOUR),
        _ => "more than a day".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::Severity;

    use super::*;
    use crate::service::doctor::report::MACHINE;

    fn severity(date: u64, before: u64, after: u64, totp: &TotpMethod) -> Severity {
        let at = Duration::from_secs;
        compare(MACHINE, Some(at(date)), at(before), at(after), totp).severity
    }

    #[test]
    fn f06_codes_bear_a_minute_and_everything_else_five() {
        let wrong = Severity::Error(ErrorCode::CLOCK_WRONG);
        for (server, none, stored) in [
            (10_000, Severity::Ok, Severity::Ok),
            (10_030, Severity::Ok, Severity::Ok),
            (10_031, Severity::Warning, Severity::Warning),
            (10_060, Severity::Warning, Severity::Warning),
            (10_061, Severity::Warning, wrong),
            (10_300, Severity::Warning, wrong),
            (10_301, wrong, wrong),
            (9_969, Severity::Ok, Severity::Ok),
            (9_968, Severity::Warning, Severity::Warning),
            (9_938, Severity::Warning, wrong),
            (9_698, wrong, wrong),
        ] {
            assert_eq!(severity(server, 10_000, 10_000, &TotpMethod::None), none, "{server}");
            assert_eq!(severity(server, 10_000, 10_000, &TotpMethod::Stored), stored, "{server}");
        }
    }

    #[test]
    fn a_difference_is_said_too_coarsely_to_carry_a_number_of_the_servers() {
        for (seconds, words) in [
            (90, "90 s behind"),
            (3_601, "about 60 minutes behind"),
            (12_345, "about 3 hours behind"),
            (12_345_678, "more than a day behind"),
        ] {
            let finding = compare(
                MACHINE,
                Some(Duration::from_secs(seconds)),
                Duration::ZERO,
                Duration::ZERO,
                &TotpMethod::None,
            );
            assert!(finding.message.contains(words), "{}", finding.message);
        }
    }

    #[test]
    fn a_slow_answer_is_no_wrong_clock_and_a_silent_server_no_fault() {
        assert_eq!(severity(10_005, 10_000, 10_010, &TotpMethod::Stored), Severity::Ok);
        let silent = compare(MACHINE, None, Duration::ZERO, Duration::ZERO, &TotpMethod::Stored);
        assert_eq!(silent.severity, Severity::Warning);
    }
}
