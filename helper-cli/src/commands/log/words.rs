//! Owns how the log is written for people, and the words that both its forms share. Pure.

use cp_token_protocol::message::{Caller, Deed, LogEntry, Outcome, Process};

use crate::commands::table::columns::{self, Row, Yielding};
use crate::date;
use crate::look::{Look, Piece, Tone};
use crate::text::clean;

/// The entries as aligned lines.
pub(super) fn lines(entries: &[LogEntry], look: &Look) -> Vec<Vec<Piece>> {
    columns::aligned(entries.iter().map(row).collect(), &Yielding { droppable: &[], shrinkable: &[] }, look)
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
        Deed::Restart => "restart",
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

fn row(entry: &LogEntry) -> Row<5> {
    let told = code(entry.outcome).unwrap_or(outcome(entry.outcome));
    let tone = match entry.outcome {
        Outcome::Failed(_) => Tone::Bad,
        Outcome::Left => Tone::Warning,
        Outcome::Served | Outcome::Issued | Outcome::Waited | Outcome::Done => Tone::Plain,
    };
    Row([
        vec![Piece::new(Tone::Faint, date::rfc3339(entry.at))],
        vec![Piece::plain(entry.profile.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string))],
        vec![Piece::plain(deed(entry.deed))],
        vec![Piece::new(tone, told)],
        vec![Piece::plain(entry.caller.as_ref().map_or_else(|| "cp-tokend".to_owned(), who))],
    ])
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
    match clean(&process.program) {
        name if name.is_empty() => number,
        name => format!("{number} {name}"),
    }
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
        let lines =
            lines(&[entry(Some(caller())), own, entry(Some(orphan)), entry(Some(hidden))], &Look::PLAIN);
        let text =
            |line: &Vec<Piece>| line.iter().map(|piece| piece.painted(&Look::PLAIN)).collect::<String>();
        assert_eq!(
            lines.iter().map(text).collect::<Vec<_>>(),
            [
                "2027-01-15T08:00:00Z  prod  get-rejected  secret_refused  11 deploy.sh by 12 cp-token",
                "2027-01-15T08:00:00Z  -     renewal       issued          cp-tokend",
                "2027-01-15T08:00:00Z  prod  get-rejected  secret_refused  ? by 12 cp-token",
                "2027-01-15T08:00:00Z  prod  get-rejected  secret_refused  ? by ?",
            ]
        );
    }
}
