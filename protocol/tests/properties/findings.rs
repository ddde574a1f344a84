//! Owns the choice of arbitrary logs and findings, as `strategies.rs` owns that of other messages.

use cp_token_protocol::ErrorCode;
use cp_token_protocol::message::{
    Caller, DoctorRequest, Finding, LogEntry, LogRequest, Operation, Outcome, Process, Severity,
};
use proptest::option::of;
use proptest::prelude::*;

use crate::strategies::{names, numbers, texts};

pub(crate) fn log_requests() -> impl Strategy<Value = LogRequest> {
    (any::<u32>(), of(numbers())).prop_map(|(limit, before)| LogRequest { limit, before })
}

pub(crate) fn doctor_requests() -> impl Strategy<Value = DoctorRequest> {
    (of(names()), of(names())).prop_map(|(profile, after)| DoctorRequest { profile, after })
}

pub(crate) fn entries() -> impl Strategy<Value = LogEntry> {
    let fields = (numbers(), numbers(), of(names()), deeds(), outcomes(), of(callers()));
    fields.prop_map(|(number, at, profile, operation, outcome, caller)| LogEntry {
        number,
        at,
        profile,
        operation,
        outcome,
        caller,
    })
}

pub(crate) fn findings() -> impl Strategy<Value = Finding> {
    let verdicts = prop_oneof![
        Just(Severity::Ok),
        Just(Severity::Warning),
        any::<u16>().prop_map(|code| Severity::Error(ErrorCode(code))),
    ];
    (of(names()), texts(), verdicts, texts(), texts()).prop_map(|(profile, check, severity, message, fix)| {
        Finding { profile, check, severity, message, fix }
    })
}

fn callers() -> impl Strategy<Value = Caller> {
    let processes = || (any::<u32>(), texts()).prop_map(|(pid, program)| Process { pid, program });
    (any::<u32>(), processes(), of(processes())).prop_map(|(uid, process, parent)| Caller {
        uid,
        process,
        parent,
    })
}

fn deeds() -> impl Strategy<Value = Operation> {
    prop_oneof![
        Just(Operation::Get),
        Just(Operation::GetRejected),
        Just(Operation::GetFresh),
        Just(Operation::Forget),
        Just(Operation::ProfileCreate),
        Just(Operation::Stop),
        Just(Operation::Doctor),
        Just(Operation::TokenRequest),
        Just(Operation::Renewal),
        Just(Operation::Restart),
    ]
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Served),
        Just(Outcome::Issued),
        Just(Outcome::Waited),
        Just(Outcome::Done),
        Just(Outcome::Abandoned),
        any::<u16>().prop_map(|code| Outcome::Failed(ErrorCode(code))),
    ]
}
