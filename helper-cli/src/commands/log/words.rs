//! Owns how the log is written for people, and the words that both its forms share. Pure.

use cp_token_protocol::message::{Caller, Deed, LogEntry, Outcome, Process};

use crate::date;
use crate::text::clean;

/// The entries as aligned lines.
pub(super) fn lines(entries: &[LogEntry]) -> Vec<String> {
    let rows: Vec<[String; 5]> = entries.iter().map(cells).collect();
    let widths: [usize; 4] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    rows.iter().map(|row| line(row, &widths)).collect()
}

/// What was asked for, in one word.
pub(super) fn deed(deed: Deed) -> &'static str {
    match deed {
        Deed::Get => "get",
        Deed::GetRejected => "get-rejected",
        Deed::GetFresh => "get-fresh",
        Deed::Forget => "forget",
        Deed::ProfileCreate => "profile-create",
        Deed::ProfileUpdate => "profile-update",
        Deed::ProfileResetSecret => "profile-reset-secret",
        Deed::ProfileDelete => "profile-delete",
        Deed::ProfileUse => "profile-use",
        Deed::Reload => "reload",
        Deed::Stop => "stop",
        Deed::Lock => "lock",
        Deed::LockOnSuspend => "lock-on-suspend",
        Deed::Unlock => "unlock",
        Deed::NoLockOnSuspend => "no-lock-on-suspend",
        Deed::Examine => "doctor",
        Deed::TokenRequest => "token-request",
        Deed::Renewal => "renewal",
    }
}

/// What came of it, in one word.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Served => "served",
        Outcome::Issued => "issued",
        Outcome::Waited => "waited",
        Outcome::Done => "done",
        Outcome::Left => "left",
        Outcome::Failed(_) => "failed",
    }
}

/// The name of the failure, where it is one.
pub(super) fn code(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Failed(code) => Some(code.name()),
        Outcome::Served | Outcome::Issued | Outcome::Waited | Outcome::Done | Outcome::Left => None,
    }
}

fn cells(entry: &LogEntry) -> [String; 5] {
    [
        date::rfc3339(entry.at),
        entry.profile.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        deed(entry.deed).to_owned(),
        code(entry.outcome).unwrap_or(outcome(entry.outcome)).to_owned(),
        entry.caller.as_ref().map_or_else(|| "cp-tokend".to_owned(), who),
    ]
}

/// Whoever started the helper, which is what people look for, and the helper behind it.
fn who(caller: &Caller) -> String {
    let helper = shown(&caller.process);
    match &caller.parent {
        Some(parent) => format!("{} by {helper}", shown(parent)),
        None => format!("? by {helper}"),
    }
}

fn shown(process: &Process) -> String {
    let number = if process.pid == 0 { "?".to_owned() } else { process.pid.to_string() };
    let name = clean(&process.program);
    format!("{number} {}", if name.is_empty() { "?" } else { &name })
}

fn line(row: &[String; 5], widths: &[usize; 4]) -> String {
    let [time, profile, what, outcome, who] = row;
    let [time_width, profile_width, what_width, outcome_width] = widths;
    format!(
        "{time:time_width$}  {profile:profile_width$}  {what:what_width$}  {outcome:outcome_width$}  {who}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{caller, entry};
    use super::*;

    #[test]
    fn columns_line_up_and_who_asked_stands_last() {
        let own = LogEntry { profile: None, deed: Deed::Renewal, outcome: Outcome::Issued, ..entry(None) };
        let orphan = Caller { parent: None, ..caller() };
        let hidden = Process { pid: 0, program: String::new() };
        let hidden = Caller { process: hidden, parent: None, uid: 1 };
        assert_eq!(
            lines(&[entry(Some(caller())), own, entry(Some(orphan)), entry(Some(hidden))]),
            [
                "2027-01-15T08:00:00Z  prod  get-rejected  secret_refused  11 deploy.sh by 12 cp-token",
                "2027-01-15T08:00:00Z  -     renewal       issued          cp-tokend",
                "2027-01-15T08:00:00Z  prod  get-rejected  secret_refused  ? by 12 cp-token",
                "2027-01-15T08:00:00Z  prod  get-rejected  secret_refused  ? by ? ?",
            ]
        );
    }
}
