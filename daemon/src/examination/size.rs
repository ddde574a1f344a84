//! Owns how findings fit one answer: where there are too many, what is well is left out first. Pure.

use cp_token_protocol::message::{Finding, Verdict};
use cp_token_protocol::{ErrorCode, Failure};

use super::account::MACHINE;

/// Less than a frame takes, with room for lengths and a last word.
const BYTES: usize = 60_000;
/// More than a finding takes beside its texts.
const EACH: usize = 24;

/// The findings, or as many of them as fit, and a word on what was left out.
pub(super) fn fitting(mut findings: Vec<Finding>) -> Vec<Finding> {
    if total(&findings) <= BYTES {
        return findings;
    }
    let all = findings.len();
    findings.retain(|finding| finding.verdict != Verdict::Fine);
    let mut room = BYTES;
    let fitting = findings.iter().take_while(|finding| {
        let size = size(finding);
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    });
    let kept = fitting.count();
    let left_out = findings.len() - kept;
    findings.truncate(kept);
    findings.push(last_word(all - kept - left_out, left_out));
    findings
}

fn last_word(well: usize, unwell: usize) -> Finding {
    let message = format!("{well} checks that are well and {unwell} others do not fit the answer");
    let mend = "Look at one profile at a time, with --profile";
    match unwell {
        0 => MACHINE.note("profiles", message, mend),
        _ => MACHINE.fault("profiles", &Failure::new(ErrorCode::INTERNAL, message).with_hint(mend)),
    }
}

fn total(findings: &[Finding]) -> usize {
    findings.iter().map(size).sum()
}

fn size(finding: &Finding) -> usize {
    let name = finding.profile.as_ref().map_or(0, |name| name.as_str().len());
    EACH + name + finding.check.len() + finding.found.len() + finding.mend.len()
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::Response;

    use super::*;

    fn many(count: usize, fault_at: impl Fn(usize) -> bool) -> Vec<Finding> {
        let failure = Failure::new(ErrorCode::TIMED_OUT, "x".repeat(400)).with_hint("y".repeat(400));
        let each = |number| match fault_at(number) {
            true => MACHINE.fault("server", &failure),
            false => MACHINE.fine("server", "z".repeat(400)),
        };
        (0..count).map(each).collect()
    }

    #[test]
    fn few_findings_stay_and_many_fit_a_frame_with_every_fault_that_fits() {
        assert_eq!(fitting(many(20, |_| false)).len(), 20);
        let mostly_well = fitting(many(1000, |number| number % 100 == 0));
        assert_eq!(mostly_well.len(), 11);
        assert_eq!(mostly_well[10].verdict, Verdict::Note);
        assert!(mostly_well[10].found.starts_with("990 checks that are well and 0 others"));
        let unwell = fitting(many(1000, |_| true));
        assert_eq!(unwell.last().map(|last| last.verdict), Some(Verdict::Fault(ErrorCode::INTERNAL)));
        assert!(cp_token_protocol::encode_response(&Response::Findings(unwell)).is_ok());
    }
}
