//! Owns the log and the findings that are recorded, as `answers.rs` owns the other responses.

use cp_token_protocol::ErrorCode;
use cp_token_protocol::message::{
    Caller, Finding, FindingPage, LogEntry, Operation, Outcome, Process, Response, Severity,
};

use crate::samples::name;

/// Every recorded response of both kinds, by the name of its file.
pub(crate) fn responses() -> Vec<(&'static str, Response)> {
    vec![
        ("response-log", Response::Log(entries())),
        ("response-log-none", Response::Log(vec![])),
        (
            "response-findings",
            Response::Findings(FindingPage { findings: findings(), next: Some(name("prod")) }),
        ),
        ("response-findings-none", Response::Findings(FindingPage { findings: vec![], next: None })),
    ]
}

fn entries() -> Vec<LogEntry> {
    let outcomes = [
        Outcome::Served,
        Outcome::Issued,
        Outcome::Waited,
        Outcome::Done,
        Outcome::Abandoned,
        Outcome::Failed(ErrorCode::SECRET_REFUSED),
    ];
    let mut entries: Vec<_> = (249..)
        .zip(DEEDS)
        .zip(outcomes.into_iter().cycle())
        .map(|((number, operation), it)| entry(number, operation, it))
        .collect();
    entries[3].profile = None;
    entries[3].caller.iter_mut().for_each(|caller| caller.parent = None);
    entries[4].caller = None;
    entries
}

fn entry(number: u64, operation: Operation, outcome: Outcome) -> LogEntry {
    let process = |pid, program: &str| Process { pid, program: program.to_owned() };
    let caller = Caller { uid: 1000, process: process(70_000, "cp-token"), parent: Some(process(0, "")) };
    LogEntry {
        number,
        at: 1_800_000_000,
        profile: Some(name("prod")),
        operation,
        outcome,
        caller: Some(caller),
    }
}

const DEEDS: [Operation; 19] = [
    Operation::Get,
    Operation::GetRejected,
    Operation::GetFresh,
    Operation::Forget,
    Operation::ProfileCreate,
    Operation::ProfileUpdate,
    Operation::ProfileResetSecret,
    Operation::ProfileDelete,
    Operation::ProfileUse,
    Operation::Reload,
    Operation::Stop,
    Operation::Lock,
    Operation::ArmSuspendLock,
    Operation::Unlock,
    Operation::DisarmSuspendLock,
    Operation::Doctor,
    Operation::TokenRequest,
    Operation::Renewal,
    Operation::Restart,
];

fn findings() -> Vec<Finding> {
    let verdicts = [Severity::Ok, Severity::Warning, Severity::Error(ErrorCode::SERVER_UNREACHABLE)];
    let finding = |(number, severity)| Finding {
        profile: (number > 0).then(|| name("prod")),
        check: "server".to_owned(),
        severity,
        message: "the server cannot be reached".to_owned(),
        fix: if number > 1 { "Check the network".to_owned() } else { String::new() },
    };
    verdicts.into_iter().enumerate().map(finding).collect()
}
