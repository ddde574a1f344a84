//! Owns how a failure leaves the process: an exit code, and a message on standard error.

use std::io::{IsTerminal, stderr};

use cp_token_protocol::{ErrorCode, Failure};
use terminal_size::terminal_size_of;

use crate::terminal::output::{self, object};
use crate::terminal::sanitize::sanitize;
use crate::terminal::wrap::wrapped;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// `cp-token: what is wrong; what to do next`; at a terminal, what to do has a line of its own.
    Text,
    /// One JSON object on one line.
    Json,
}

/// Tells the outcome, if it is a failure, and gives the number the process ends with.
pub(crate) fn conclude(outcome: Result<(), Failure>, format: ErrorFormat) -> u8 {
    outcome.map_or_else(|failure| report(&failure, format), |()| 0)
}

#[cold]
fn report(failure: &Failure, format: ErrorFormat) -> u8 {
    let line = match format {
        ErrorFormat::Text => text(&failure.message, &failure.hint, columns_of_stderr()),
        ErrorFormat::Json => json_line(failure),
    };
    output::print_error(&line);
    exit_number(failure.code)
}

/// Shows a warning in the form of a failure, whatever the error format.
pub(crate) fn warn(message: &str, hint: &str) {
    output::print_error(&text(&format!("warning: {message}"), hint, columns_of_stderr()));
}

/// The exit code of each kind of failure, after `sysexits.h`; that of a program that was to be run, after `env`.
pub(crate) fn exit_number(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::STOPPING => 75,
        ErrorCode::NO_PROFILE | ErrorCode::REDIRECTED | ErrorCode::UNTRUSTED_SERVER => 78,
        ErrorCode::WRITE_FAILED | ErrorCode::OUTPUT_FAILED => 74,
        ErrorCode::SECRET_INVALID | ErrorCode::CODE_INVALID | ErrorCode::BAD_INPUT => 65,
        ErrorCode::INTERNAL => 70,
        ErrorCode::SECRET_ABSENT | ErrorCode::DAEMON_UNAVAILABLE | ErrorCode::NOT_ON_THIS_MACHINE => 69,
        ErrorCode::NOT_OUR_DAEMON => 76,
        ErrorCode::USAGE => 64,
        ErrorCode::PROGRAM_NOT_FOUND => 127,
        ErrorCode::PROGRAM_NOT_RUNNABLE => 126,
        ErrorCode(number) => number_of_class(number),
    }
}

/// What a code means that has no line of its own, be it of a newer daemon: its range says who is to blame.
fn number_of_class(code: u16) -> u8 {
    match code {
        100..200 => 76,
        200..250 => 64,
        250..300 => 78,
        300..400 => 77,
        400..500 => 75,
        500..600 => 69,
        _ => 70,
    }
}

/// The width of the terminal that standard error is; the usual one if the terminal does not say.
fn columns_of_stderr() -> Option<usize> {
    let columns = terminal_size_of(stderr()).map_or(80, |(width, _)| usize::from(width.0));
    stderr().is_terminal().then_some(columns)
}

fn text(message: &str, hint: &str, columns: Option<usize>) -> String {
    let (message, hint) = (sanitize(message), sanitize(hint));
    match columns {
        Some(columns) if !hint.is_empty() => {
            wrapped("cp-token: ", &message, "  ", columns) + &wrapped("  -> ", &hint, "     ", columns)
        }
        Some(columns) => wrapped("cp-token: ", &message, "  ", columns),
        None if hint.is_empty() => format!("cp-token: {message}\n"),
        None => format!("cp-token: {message}; {hint}\n"),
    }
}

fn json_line(failure: &Failure) -> String {
    let exit = exit_number(failure.code);
    let line = object! {
        code: failure.code.name(),
        exit: exit,
        message: sanitize(&failure.message),
        hint: sanitize(&failure.hint),
        retryable: exit == 75,
    };
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_exit_number_of_the_table() {
        let expected: &[(u8, &[u16])] = &[
            (64, &[200, 202, 203, 204, 205, 206, 207, 602]),
            (65, &[302, 304, 603]),
            (69, &[301, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 550, 551, 552, 600, 607]),
            (70, &[599]),
            (74, &[254, 604]),
            (75, &[102, 400, 401, 402, 403, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416]),
            (76, &[100, 101, 601]),
            (77, &[300, 303, 305, 306, 307]),
            (78, &[201, 250, 251, 252, 253, 255, 404, 405]),
            (126, &[606]),
            (127, &[605]),
        ];
        let find =
            |code: ErrorCode| expected.iter().find(|(_, codes)| codes.contains(&code.0)).map(|row| row.0);
        for &code in ErrorCode::ALL {
            assert_eq!(Some(exit_number(code)), find(code), "{} is missing or differs", code.0);
        }
    }

    #[test]
    fn a_code_of_a_newer_daemon_is_judged_by_its_class() {
        let numbers = [150, 230, 290, 390, 490, 590, 690, 9999].map(|code| exit_number(ErrorCode(code)));
        assert_eq!(numbers, [76, 64, 78, 77, 75, 69, 70, 70]);
    }

    #[test]
    fn a_failure_is_one_line_at_a_pipe_and_two_parts_at_a_terminal() {
        let shown = |columns| text("the daemon is stopping", "try again", columns);
        assert_eq!(shown(None), "cp-token: the daemon is stopping; try again\n");
        assert_eq!(shown(Some(80)), "cp-token: the daemon is stopping\n  -> try again\n");
        assert_eq!(shown(Some(20)), "cp-token: the daemon\n  is stopping\n  -> try again\n");
        assert_eq!([None, Some(80)].map(|columns| text("gone", "", columns)), ["cp-token: gone\n"; 2]);
        let failure = Failure::new(ErrorCode::STOPPING, "the daemon is stopping").with_hint("try again");
        let json = r#"{"code":"stopping","exit":75,"message":"the daemon is stopping","hint":"try again","retryable":true}"#;
        assert_eq!(json_line(&failure).trim_end(), json);
    }
}
