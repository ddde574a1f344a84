//! Owns how the log is written for people. Pure.

use cp_token_protocol::ErrorCode;
use cp_token_protocol::message::{Caller, LogEntry, Outcome, Process};

use crate::commands::table::columns::{self, Cut, Row, Step};
use crate::terminal::date;
use crate::terminal::sanitize::sanitize;
use crate::terminal::style::{Piece, TerminalStyle, Tone};

const TIME: usize = 0;
const PROFILE: usize = 1;
const OPERATION: usize = 2;
const OUTCOME: usize = 3;
const WHO: usize = 4;

/// What gives way on a narrow terminal: the helper, which is cp-token nearly always, then the date.
const STEPS: [Step; 7] = [
    Step::DropPieces(WHO, 1),
    Step::DropPieces(TIME, 1),
    Step::Truncate(&[WHO], 16, Cut::End),
    Step::DropPieces(TIME, 2),
    Step::Truncate(&[PROFILE], 12, Cut::Middle),
    Step::Truncate(&[OUTCOME, OPERATION], 14, Cut::Middle),
    Step::Truncate(&[PROFILE, OPERATION, OUTCOME, WHO], 6, Cut::Middle),
];

pub(super) fn lines(entries: &[LogEntry], style: &TerminalStyle) -> Vec<Vec<Piece>> {
    columns::aligned(entries.iter().map(row).collect(), &STEPS, style)
}

fn row(entry: &LogEntry) -> Row<5> {
    let result = entry.outcome.code().map_or(entry.outcome.name(), ErrorCode::name);
    let tone = match entry.outcome {
        Outcome::Failed(_) => Tone::Bad,
        Outcome::Abandoned => Tone::Warning,
        Outcome::Served | Outcome::Issued | Outcome::Waited | Outcome::Done => Tone::Plain,
    };
    Row([
        time(entry.at),
        vec![Piece::plain(entry.profile.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string))],
        vec![Piece::plain(entry.operation.name())],
        vec![Piece::new(tone, result)],
        entry.caller.as_ref().map_or_else(|| vec![Piece::plain("cp-tokend")], who),
    ])
}

/// Of a time the year is missed least, then the day.
fn time(seconds: u64) -> Vec<Piece> {
    let text = date::rfc3339(seconds);
    let (year, rest) = text.split_at_checked("2027-".len()).unwrap_or(("", &text));
    let (day, time) = rest.split_at_checked("01-15T".len()).unwrap_or(("", rest));
    let faint = |text| Piece::new(Tone::Faint, text);
    vec![faint(year).optional(1), faint(day).optional(2), faint(time)]
}

/// The process that started the helper, and the helper.
fn who(caller: &Caller) -> Vec<Piece> {
    let parent = caller.parent.as_ref().map_or_else(|| "?".to_owned(), shown);
    let helper = Piece::plain(format!(" by {}", shown(&caller.process)));
    // The parent may be unknown.
    vec![Piece::plain(parent), if caller.parent.is_some() { helper.optional(1) } else { helper }]
}

fn shown(process: &Process) -> String {
    let number = if process.pid == 0 { "?".to_owned() } else { process.pid.to_string() };
    match sanitize(&process.program) {
        name if name.is_empty() => number,
        name => format!("{number} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::Operation;

    use super::super::tests::{caller, entry};
    use super::*;

    #[test]
    fn columns_line_up_and_who_asked_stands_last() {
        let own = LogEntry {
            profile: None,
            operation: Operation::Renewal,
            outcome: Outcome::Issued,
            ..entry(None)
        };
        let orphan = Caller { parent: None, ..caller() };
        let hidden = Process { pid: 0, program: String::new() };
        let hidden = Caller { process: hidden, parent: None, uid: 1 };
        let lines = lines(
            &[entry(Some(caller())), own, entry(Some(orphan)), entry(Some(hidden))],
            &TerminalStyle::PLAIN,
        );
        let text = |line: &Vec<Piece>| {
            line.iter().map(|piece| piece.painted(&TerminalStyle::PLAIN)).collect::<String>()
        };
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
