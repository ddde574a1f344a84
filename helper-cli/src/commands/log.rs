//! Owns `cp-token log`. It starts no daemon, because a new one has no log.

use cp_token_protocol::message::{Caller, LogEntry, LogRequest, Outcome, Process, Request};
use cp_token_protocol::{ErrorCode, Failure};
use serde::Serialize;

use super::shared::{ask_running, not_running};
use super::table::columns::{self, Cut, Row, Truncation};
use crate::daemon::client::content_of;
use crate::terminal::{Piece, TerminalStyle, Tone, date, object, output, sanitize};

/// Shows the newest entries, newest last.
pub(super) fn run(count: u32, as_json: bool) -> Result<(), Failure> {
    let entries = entries(count)?;
    let json: Vec<_> = entries.iter().map(json_of).collect();
    output::print_report(as_json, &json, |style| lines(&entries, style))
}

fn entries(wanted: u32) -> Result<Vec<LogEntry>, Failure> {
    let mut entries: Vec<LogEntry> = Vec::new();
    loop {
        let limit = wanted.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        let before = entries.first().map(|entry| entry.number);
        let request = Request::Log(LogRequest { limit, before });
        let page = content_of!(ask_running(&request)?.ok_or_else(not_running)?, Log)?;
        // A daemon that gave the same page again would never come to an end.
        let goes_back = page.last().is_some_and(|last| before.is_none_or(|before| last.number < before));
        if limit == 0 || !goes_back {
            return Ok(entries);
        }
        entries.splice(0..0, page);
    }
}

fn json_of(entry: &LogEntry) -> impl Serialize {
    let caller = entry.caller.as_ref();
    let parent = caller.and_then(|caller| caller.parent.as_ref());
    let process = caller.map(|caller| &caller.process);
    object! {
        number: entry.number,
        time: date::rfc3339(entry.at),
        profile: entry.profile.as_ref().map(|name| name.as_str()),
        operation: entry.operation.name(),
        outcome: entry.outcome.name(),
        code: entry.outcome.code().map(ErrorCode::name),
        uid: caller.map(|caller| caller.uid),
        pid: parent.map(|parent| parent.pid),
        program: parent.map(|parent| &parent.program),
        helper_pid: process.map(|process| process.pid),
        helper_program: process.map(|process| &process.program),
    }
}

const PROFILE: usize = 1;
const OPERATION: usize = 2;
const OUTCOME: usize = 3;
const WHO: usize = 4;

/// A narrow terminal loses the helper, which is cp-token nearly always, at step 1, the year at 2 and the day at 4.
const TRUNCATIONS: [Truncation; 4] = [
    Truncation(3, &[WHO], 16, Cut::End),
    Truncation(5, &[PROFILE], 12, Cut::Middle),
    Truncation(6, &[OUTCOME, OPERATION], 14, Cut::Middle),
    Truncation(7, &[PROFILE, OPERATION, OUTCOME, WHO], 6, Cut::Middle),
];

fn lines(entries: &[LogEntry], style: &TerminalStyle) -> Vec<Vec<Piece>> {
    columns::aligned(entries.iter().map(row).collect(), &TRUNCATIONS, style)
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

fn time(seconds: u64) -> Vec<Piece> {
    let text = date::rfc3339(seconds);
    let (year, rest) = text.split_at_checked("2027-".len()).unwrap_or(("", &text));
    let (day, time) = rest.split_at_checked("01-15T".len()).unwrap_or(("", rest));
    let faint = |text| Piece::new(Tone::Faint, text);
    vec![faint(year).optional(2), faint(day).optional(4), faint(time)]
}

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
    use cp_token_protocol::ProfileName;
    use cp_token_protocol::message::Operation;

    use super::*;

    fn entry(caller: Option<Caller>) -> LogEntry {
        LogEntry {
            number: 7,
            at: 1_800_000_000,
            profile: ProfileName::parse("prod").ok(),
            operation: Operation::GetRejected,
            outcome: Outcome::Failed(ErrorCode::SECRET_REFUSED),
            caller,
        }
    }

    fn caller() -> Caller {
        let process = |pid, program: &str| Process { pid, program: program.to_owned() };
        Caller { uid: 1000, process: process(12, "cp-token"), parent: Some(process(11, "deploy.sh")) }
    }

    #[test]
    fn an_entry_has_the_fields_that_the_help_promises() {
        let text = |entry: &LogEntry| serde_json::to_string(&json_of(entry)).unwrap();
        assert_eq!(
            text(&entry(Some(caller()))),
            "{\"number\":7,\"time\":\"2027-01-15T08:00:00Z\",\"profile\":\"prod\",\"operation\":\"get-rejected\",\
             \"outcome\":\"failed\",\"code\":\"secret_refused\",\"uid\":1000,\"pid\":11,\"program\":\"deploy.sh\",\
             \"helper_pid\":12,\"helper_program\":\"cp-token\"}"
        );
        let own = text(&LogEntry { outcome: Outcome::Issued, operation: Operation::Renewal, ..entry(None) });
        assert!(own.ends_with(
            "\"operation\":\"renewal\",\"outcome\":\"issued\",\"code\":null,\"uid\":null,\"pid\":null,\
             \"program\":null,\"helper_pid\":null,\"helper_program\":null}"
        ));
    }

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
