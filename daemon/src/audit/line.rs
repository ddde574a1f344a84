//! Owns the format of a line in the audit file, which is that of `cp-token log --json`. Pure.

use cp_token_protocol::ErrorCode;
use cp_token_protocol::message::LogEntry;
use serde::Serialize;

/// The last second of the year 9999: RFC 3339 has no later one.
const LAST_SECOND: u64 = 253_402_300_799;

#[derive(Serialize)]
struct Line<'e> {
    number: u64,
    time: String,
    profile: Option<&'e str>,
    operation: &'static str,
    outcome: &'static str,
    code: Option<&'static str>,
    uid: Option<u32>,
    pid: Option<u32>,
    program: Option<&'e str>,
    helper_pid: Option<u32>,
    helper_program: Option<&'e str>,
}

/// Appends the entry as one line: every text in it is printable.
pub(super) fn write(entry: &LogEntry, lines: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = serde_json::to_writer(&mut *lines, &Line::from(entry));
    lines.push(b'\n');
}

impl<'e> From<&'e LogEntry> for Line<'e> {
    fn from(entry: &'e LogEntry) -> Self {
        let caller = entry.caller.as_ref();
        let parent = caller.and_then(|caller| caller.parent.as_ref());
        let process = caller.map(|caller| &caller.process);
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(entry.at.min(LAST_SECOND));
        Self {
            number: entry.number,
            time: humantime::format_rfc3339_seconds(at).to_string(),
            profile: entry.profile.as_ref().map(|name| name.as_str()),
            operation: entry.operation.name(),
            outcome: entry.outcome.name(),
            code: entry.outcome.code().map(ErrorCode::name),
            uid: caller.map(|caller| caller.uid),
            pid: parent.map(|parent| parent.pid),
            program: parent.map(|parent| parent.program.as_str()),
            helper_pid: process.map(|process| process.pid),
            helper_program: process.map(|process| process.program.as_str()),
        }
    }
}
