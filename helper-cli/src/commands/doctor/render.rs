//! Owns the rendering of findings: a summary for many profiles, lines, JSON, and the first error as a failure. Pure.

use std::collections::{BTreeSet, HashMap};

use cp_token_protocol::message::{Finding, Severity};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};
use serde::Serialize;

use super::ok;
use crate::commands::table::columns::{self, Row};
use crate::terminal::{Piece, TerminalStyle, Tone, exit, object, sanitize};

/// A line each: a mark, whose and what, what was found, and the fix behind an arrow.
pub(super) fn lines(findings: &[Finding], style: &TerminalStyle) -> Vec<Vec<Piece>> {
    let row = |finding: &Finding| {
        let (mark, _, tone) = mark(finding.severity);
        let mut description = vec![Piece::plain(sanitize(&finding.message))];
        let fix = sanitize(&finding.fix);
        if !fix.is_empty() {
            description.extend([Piece::new(Tone::Faint, " -> "), Piece::plain(fix)]);
        }
        Row([vec![Piece::new(tone, mark)], vec![Piece::plain(subject(finding))], description])
    };
    columns::aligned(findings.iter().map(row).collect(), &[], style)
}

pub(super) fn first_error(findings: &[Finding]) -> Result<(), Failure> {
    let errors: Vec<_> = findings.iter().filter_map(|it| Some((code(it.severity)?, it))).collect();
    let Some((code, first)) = errors.first() else { return Ok(()) };
    let others = match errors.len() - 1 {
        0 => String::new(),
        1 => " (and one other check failed)".to_owned(),
        count => format!(" (and {count} other checks failed)"),
    };
    let message = format!("{}: {}{others}", subject(first), first.message);
    Err(Failure::new(*code, message).with_hint(first.fix.clone()))
}

pub(super) fn json(findings: &[Finding]) -> impl Serialize {
    let first = findings.iter().find_map(|finding| code(finding.severity));
    let checks: Vec<_> = findings.iter().map(check).collect();
    object! { ok: first.is_none(), exit: first.map_or(0, exit::exit_number), checks: checks }
}

fn check(finding: &Finding) -> impl Serialize {
    object! {
        profile: finding.profile.as_ref().map(|name| name.as_str()),
        check: sanitize(&finding.check),
        severity: mark(finding.severity).1,
        code: code(finding.severity).map(ErrorCode::name),
        message: sanitize(&finding.message),
        fix: sanitize(&finding.fix),
    }
}

fn code(severity: Severity) -> Option<ErrorCode> {
    if let Severity::Error(code) = severity { Some(code) } else { None }
}

/// The mark of a finding, its name in JSON, and its colour.
fn mark(severity: Severity) -> (&'static str, &'static str, Tone) {
    match severity {
        Severity::Ok => ("ok", "ok", Tone::Good),
        Severity::Warning => ("warn", "warning", Tone::Warning),
        Severity::Error(_) => ("FAIL", "error", Tone::Bad),
    }
}

fn subject(finding: &Finding) -> String {
    let check = sanitize(&finding.check);
    finding.profile.as_ref().map_or_else(|| check.clone(), |name| format!("{name}: {check}"))
}

/// With more profiles than this, findings are summarized.
const MAX_PROFILES_IN_FULL: usize = 20;
/// How often the same finding is shown, each for another profile.
const MAX_REPEATS: usize = 3;

pub(super) fn summarize(findings: &[Finding]) -> Vec<Finding> {
    let all = names(findings.iter());
    if all.len() <= MAX_PROFILES_IN_FULL {
        return findings.to_vec();
    }
    let unwell = names(findings.iter().filter(|finding| matches!(finding.severity, Severity::Error(_))));
    let mut summary: Vec<Finding> = Vec::new();
    // The count of each finding, and the index of its last line.
    let mut seen: HashMap<(&str, &str), (usize, usize)> = HashMap::new();
    for finding in findings.iter().filter(|it| it.profile.is_none() || it.severity != Severity::Ok) {
        let (count, last) = seen.entry((&finding.check, &finding.message)).or_default();
        *count += usize::from(finding.profile.is_some());
        if *count <= MAX_REPEATS {
            *last = summary.len();
            summary.push(finding.clone());
        }
    }
    for (count, last) in seen.into_values().filter(|(count, _)| *count > MAX_REPEATS) {
        summary[last].message.push_str(&format!(" (and the same of {} other profiles)", count - MAX_REPEATS));
    }
    let well = all.len() - unwell.len();
    if well > 0 {
        summary.push(ok("profiles", format!("nothing is wrong with {well} of {} profiles", all.len())));
    }
    summary
}

fn names<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeSet<&'f ProfileName> {
    findings.filter_map(|finding| finding.profile.as_ref()).collect()
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::ErrorCode;
    use cp_token_protocol::ProfileName;

    use super::*;

    fn findings() -> Vec<Finding> {
        let finding = |profile: Option<&str>, check: &str, severity, fix: &str| Finding {
            profile: profile.map(|name| ProfileName::parse(name).unwrap()),
            check: check.to_owned(),
            severity,
            message: "so it is".to_owned(),
            fix: fix.to_owned(),
        };
        vec![
            finding(None, "socket", Severity::Ok, ""),
            finding(Some("prod"), "clock", Severity::Warning, "Set it"),
            finding(Some("prod"), "server", Severity::Error(ErrorCode::UNTRUSTED_SERVER), "Trust it"),
            finding(Some("test"), "name", Severity::Error(ErrorCode::SERVER_UNREACHABLE), ""),
        ]
    }

    #[test]
    fn each_finding_is_one_aligned_line_with_its_fix() {
        let lines = lines(&findings(), &TerminalStyle::PLAIN);
        let text = |line: &Vec<Piece>| {
            line.iter().map(|piece| piece.painted(&TerminalStyle::PLAIN)).collect::<String>()
        };
        assert_eq!(
            lines.iter().map(text).collect::<Vec<_>>(),
            [
                "ok    socket        so it is",
                "warn  prod: clock   so it is -> Set it",
                "FAIL  prod: server  so it is -> Trust it",
                "FAIL  test: name    so it is",
            ]
        );
    }

    #[test]
    fn the_first_error_is_the_outcome_and_warnings_are_none() {
        let failure = first_error(&findings()).unwrap_err();
        assert_eq!(failure.code, ErrorCode::UNTRUSTED_SERVER);
        assert_eq!(failure.message, "prod: server: so it is (and one other check failed)");
        assert_eq!(failure.hint, "Trust it");
        assert!(first_error(&findings()[..2]).is_ok());
    }

    #[test]
    fn the_json_has_the_fields_that_the_help_promises() {
        let text = |count: usize| serde_json::to_string(&json(&findings()[..count])).unwrap();
        assert_eq!(
            text(1),
            "{\"ok\":true,\"exit\":0,\"checks\":[{\"profile\":null,\"check\":\"socket\",\"severity\":\"ok\",\
             \"code\":null,\"message\":\"so it is\",\"fix\":\"\"}]}"
        );
        assert!(text(3).starts_with("{\"ok\":false,\"exit\":78,"));
        assert!(text(3).contains("\"severity\":\"error\",\"code\":\"untrusted_server\","));
    }

    fn finding(number: usize, severity: Severity, found: &str) -> Finding {
        Finding {
            profile: ProfileName::parse(&format!("p{number:05}")).ok(),
            check: "server".to_owned(),
            severity,
            message: found.to_owned(),
            fix: String::new(),
        }
    }

    #[test]
    fn of_many_profiles_what_is_wrong_is_reported_and_what_is_well_is_counted() {
        let error = Severity::Error(ErrorCode::SERVER_UNREACHABLE);
        let mut findings: Vec<_> = (0..10_000).map(|it| finding(it, Severity::Ok, "it answers")).collect();
        findings[7] = finding(7, Severity::Warning, "odd");
        for (number, silent) in findings.iter_mut().enumerate().skip(100).take(100) {
            *silent = finding(number, error, "it does not answer");
        }
        findings.insert(0, ok("socket", "there".to_owned()));
        let summary = summarize(&findings);
        let words: Vec<_> = summary.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(
            words,
            [
                "there",
                "odd",
                "it does not answer",
                "it does not answer",
                "it does not answer (and the same of 97 other profiles)",
                "nothing is wrong with 9900 of 10000 profiles",
            ]
        );
        assert_eq!(summarize(&findings[..20]), findings[..20], "of few, everything is told");
    }
}
