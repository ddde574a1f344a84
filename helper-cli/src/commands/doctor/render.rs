//! Owns how findings are told: a line each, as JSON, and as the failure that the first error is. Pure.

use cp_token_protocol::Failure;
use cp_token_protocol::message::{Finding, Severity};
use serde::Serialize;

use crate::commands::table::columns::{self, Row};
use crate::terminal::exit;
use crate::terminal::sanitize::sanitize;
use crate::terminal::style::{Piece, TerminalStyle, Tone};

/// A line each: a mark, whose and what, what was found, and the fix behind an arrow.
pub(super) fn lines(findings: &[Finding], style: &TerminalStyle) -> Vec<Vec<Piece>> {
    let row = |finding: &Finding| {
        let mark = Piece::new(tone(finding.verdict), mark(finding.verdict));
        let mut told = vec![Piece::plain(sanitize(&finding.found))];
        let mend = sanitize(&finding.mend);
        if !mend.is_empty() {
            told.extend([Piece::new(Tone::Faint, " -> "), Piece::plain(mend)]);
        }
        Row([vec![mark], vec![Piece::plain(subject(finding))], told])
    };
    columns::aligned(findings.iter().map(row).collect(), &[], style)
}

/// The first error.
pub(super) fn verdict(findings: &[Finding]) -> Result<(), Failure> {
    let faults: Vec<_> = findings.iter().filter_map(|it| Some((code(it.verdict)?, it))).collect();
    let Some((code, first)) = faults.first() else { return Ok(()) };
    let others = match faults.len() - 1 {
        0 => String::new(),
        1 => " (and one other check failed)".to_owned(),
        count => format!(" (and {count} other checks failed)"),
    };
    let message = format!("{}: {}{others}", subject(first), first.found);
    Err(Failure::new(*code, message).with_hint(first.mend.clone()))
}

/// All of it as JSON. Its fields are promised in the help.
#[derive(Serialize)]
pub(super) struct DoctorJson<'f> {
    well: bool,
    exit: u8,
    checks: Vec<Check<'f>>,
}

#[derive(Serialize)]
struct Check<'f> {
    profile: Option<&'f str>,
    check: String,
    state: &'static str,
    code: Option<&'static str>,
    found: String,
    mend: String,
}

impl<'f> From<&'f [Finding]> for DoctorJson<'f> {
    fn from(findings: &'f [Finding]) -> Self {
        let first = findings.iter().find_map(|finding| code(finding.verdict));
        let checks = findings.iter().map(|finding| Check {
            profile: finding.profile.as_ref().map(|name| name.as_str()),
            check: sanitize(&finding.check),
            state: mark(finding.verdict),
            code: code(finding.verdict).map(|code| code.name()),
            found: sanitize(&finding.found),
            mend: sanitize(&finding.mend),
        });
        Self { well: first.is_none(), exit: first.map_or(0, exit::exit_number), checks: checks.collect() }
    }
}

fn code(verdict: Severity) -> Option<cp_token_protocol::ErrorCode> {
    match verdict {
        Severity::Error(code) => Some(code),
        Severity::Ok | Severity::Warning => None,
    }
}

fn tone(verdict: Severity) -> Tone {
    match verdict {
        Severity::Ok => Tone::Good,
        Severity::Warning => Tone::Warning,
        Severity::Error(_) => Tone::Bad,
    }
}

fn mark(verdict: Severity) -> &'static str {
    match verdict {
        Severity::Ok => "ok",
        Severity::Warning => "note",
        Severity::Error(_) => "FAIL",
    }
}

fn subject(finding: &Finding) -> String {
    let check = sanitize(&finding.check);
    finding.profile.as_ref().map_or_else(|| check.clone(), |name| format!("{name}: {check}"))
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::{ErrorCode, ProfileName};

    use super::*;

    fn findings() -> Vec<Finding> {
        let finding = |profile: Option<&str>, check: &str, verdict, mend: &str| Finding {
            profile: profile.map(|name| ProfileName::parse(name).unwrap()),
            check: check.to_owned(),
            verdict,
            found: "so it is".to_owned(),
            mend: mend.to_owned(),
        };
        vec![
            finding(None, "socket", Severity::Ok, ""),
            finding(Some("prod"), "clock", Severity::Warning, "Set it"),
            finding(Some("prod"), "server", Severity::Error(ErrorCode::UNTRUSTED_SERVER), "Trust it"),
            finding(Some("test"), "name", Severity::Error(ErrorCode::SERVER_UNREACHABLE), ""),
        ]
    }

    #[test]
    fn each_finding_is_one_aligned_line_with_its_mend() {
        let lines = lines(&findings(), &TerminalStyle::PLAIN);
        let text = |line: &Vec<Piece>| {
            line.iter().map(|piece| piece.painted(&TerminalStyle::PLAIN)).collect::<String>()
        };
        assert_eq!(
            lines.iter().map(text).collect::<Vec<_>>(),
            [
                "ok    socket        so it is",
                "note  prod: clock   so it is -> Set it",
                "FAIL  prod: server  so it is -> Trust it",
                "FAIL  test: name    so it is",
            ]
        );
    }

    #[test]
    fn the_first_fault_is_the_outcome_and_notes_are_none() {
        let failure = verdict(&findings()).unwrap_err();
        assert_eq!(failure.code, ErrorCode::UNTRUSTED_SERVER);
        assert_eq!(failure.message, "prod: server: so it is (and one other check failed)");
        assert_eq!(failure.hint, "Trust it");
        assert!(verdict(&findings()[..2]).is_ok());
    }

    #[test]
    fn the_json_has_the_fields_that_the_help_promises() {
        let text = |count: usize| serde_json::to_string(&DoctorJson::from(&findings()[..count])).unwrap();
        assert_eq!(
            text(1),
            "{\"well\":true,\"exit\":0,\"checks\":[{\"profile\":null,\"check\":\"socket\",\"state\":\"ok\",\
             \"code\":null,\"found\":\"so it is\",\"mend\":\"\"}]}"
        );
        assert!(text(3).starts_with("{\"well\":false,\"exit\":78,"));
        assert!(text(3).contains("\"state\":\"FAIL\",\"code\":\"untrusted_server\","));
    }
}
