//! Owns the summary of findings for many profiles: all errors, a few of each kind, and one line for the rest. Pure.

use std::collections::{BTreeSet, HashMap};

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{Finding, Severity};

use super::ok;

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

    use super::*;

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
    fn of_many_profiles_what_is_wrong_is_told_and_what_is_well_is_counted() {
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
