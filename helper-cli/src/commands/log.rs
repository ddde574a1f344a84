//! Owns `cp-token log`. It starts no daemon, because a new one has no log.

mod render;

use cp_token_protocol::message::{LogEntry, LogRequest, Request};
use cp_token_protocol::{ErrorCode, Failure};
use serde::Serialize;

use super::shared::{ask_running, not_running};
use crate::args::cli::LogOptions;
use crate::daemon::client::content_of;
use crate::terminal::output::object;
use crate::terminal::{date, output};

/// Shows the newest entries, newest last.
pub(super) fn run(options: &LogOptions) -> Result<(), Failure> {
    let entries = entries(options.entries)?;
    let json: Vec<_> = entries.iter().map(json_of).collect();
    output::print_report(options.json, &json, |style| render::lines(&entries, style))
}

fn entries(wanted: u32) -> Result<Vec<LogEntry>, Failure> {
    let mut entries: Vec<LogEntry> = Vec::new();
    loop {
        let limit = wanted.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        let before = entries.first().map(|entry| entry.number);
        let page = page(LogRequest { limit, before })?;
        // A daemon that gave the same page again would never come to an end.
        let goes_back = page.last().is_some_and(|last| before.is_none_or(|before| last.number < before));
        if limit == 0 || !goes_back {
            return Ok(entries);
        }
        entries.splice(0..0, page);
    }
}

fn page(request: LogRequest) -> Result<Vec<LogEntry>, Failure> {
    content_of!(ask_running(&Request::Log(request))?.ok_or_else(not_running)?, Log)
}

/// One entry as JSON. Its fields are promised in the help.
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

#[cfg(test)]
mod tests {
    use cp_token_protocol::ProfileName;
    use cp_token_protocol::message::{Caller, Operation, Outcome, Process};

    use super::*;

    pub(super) fn entry(caller: Option<Caller>) -> LogEntry {
        LogEntry {
            number: 7,
            at: 1_800_000_000,
            profile: ProfileName::parse("prod").ok(),
            operation: Operation::GetRejected,
            outcome: Outcome::Failed(ErrorCode::SECRET_REFUSED),
            caller,
        }
    }

    pub(super) fn caller() -> Caller {
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
}
