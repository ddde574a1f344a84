//! Owns the check that the samples cover every variant. A new variant does not compile here until it is counted, and does
//! not pass until it is recorded.

use std::collections::BTreeSet;

use cp_token_protocol::message::{
    AuthScheme, ForgetScope, Freshness, Identity, KeyringReport, Operation, Outcome, ProfileSelector,
    ProtectionState, Request, Response, SecretSource, SecretState, Severity, TokenState, TotpMethod,
};

use crate::answers::responses;
use crate::samples::requests;

#[test]
fn every_variant_of_every_enum_is_recorded() {
    let mut seen = BTreeSet::new();
    for (_, request) in &requests() {
        seen.insert(("Request", number_of_request(request)));
        note_inside_request(request, &mut seen);
    }
    for (_, response) in &responses() {
        seen.insert(("Response", number_of_response(response)));
        note_inside_response(response, &mut seen);
    }
    let counts = [
        ("Request", 18),
        ("Response", 9),
        ("ProfileSelector", 4),
        ("Freshness", 3),
        ("ForgetScope", 2),
        ("Identity", 3),
        ("SecretSource", 5),
        ("TotpMethod", 4),
        ("AuthScheme", 2),
        ("KeyringReport", 6),
        ("ProtectionState", 3),
        ("TokenState", 4),
        ("SecretState", 2),
        ("Operation", 19),
        ("Outcome", 6),
        ("Severity", 3),
    ];
    let all = counts.into_iter().flat_map(|(name, count)| (0..count).map(move |number| (name, number)));
    assert_eq!(seen, all.collect());
}

fn number_of_request(request: &Request) -> u32 {
    match request {
        Request::AccessToken(_) => 0,
        Request::Status => 1,
        Request::Forget(_) => 2,
        Request::ProfileList(_) => 3,
        Request::ProfileCreate(_) => 4,
        Request::ProfileUpdate(_) => 5,
        Request::ProfileResetSecret(_) => 6,
        Request::ProfileDelete(_) => 7,
        Request::ProfileUse(_) => 8,
        Request::Reload => 9,
        Request::Stop => 10,
        Request::Lock(_) => 11,
        Request::Unlock(_) => 12,
        Request::DisarmSuspendLock => 13,
        Request::Log(_) => 14,
        Request::Doctor(_) => 15,
        Request::Restart => 16,
        Request::ProfileShow(_) => 17,
    }
}

fn number_of_response(response: &Response) -> u32 {
    match response {
        Response::Working => 0,
        Response::Token(_) => 1,
        Response::Status(_) => 2,
        Response::Profiles(_) => 3,
        Response::Done(_) => 4,
        Response::Failure(_) => 5,
        Response::Log(_) => 6,
        Response::Findings(_) => 7,
        Response::Profile(_) => 8,
    }
}

fn note_inside_request(request: &Request, seen: &mut BTreeSet<(&str, u32)>) {
    if let Request::AccessToken(asked) = request {
        seen.insert(("ProfileSelector", number_of_selector(&asked.profile)));
        seen.insert(("Freshness", number_of_freshness(&asked.freshness)));
    }
    if let Request::Forget(scope) = request {
        seen.insert(("ForgetScope", number_of_scope(scope)));
    }
    if let Request::ProfileCreate(create) = request {
        seen.insert(("Identity", number_of_identity(&create.identity)));
        seen.insert(("SecretSource", number_of_location(&create.secret_source)));
        seen.insert(("TotpMethod", number_of_totp(&create.totp)));
    }
}

fn note_inside_response(response: &Response, seen: &mut BTreeSet<(&str, u32)>) {
    if let Response::Token(response) = response {
        seen.insert(("AuthScheme", number_of_scheme(response.scheme)));
    }
    if let Response::Profiles(page) = response {
        seen.extend(page.profiles.iter().map(|it| ("TokenState", number_of_token_state(it.token))));
        seen.extend(page.profiles.iter().map(|it| ("SecretState", number_of_secret_state(it.secret))));
    }
    if let Response::Log(entries) = response {
        seen.extend(entries.iter().map(|it| ("Operation", number_of_operation(it.operation))));
        seen.extend(entries.iter().map(|it| ("Outcome", number_of_outcome(it.outcome))));
    }
    if let Response::Findings(page) = response {
        seen.extend(page.findings.iter().map(|it| ("Severity", number_of_severity(it.severity))));
    }
    let Response::Status(status) = response else { return };
    seen.insert(("KeyringReport", number_of_keyring(status.keyring)));
    seen.extend(status.protections.iter().map(|it| ("ProtectionState", number_of_state(it.state))));
}

fn number_of_selector(selector: &ProfileSelector) -> u32 {
    match selector {
        ProfileSelector::Default => 0,
        ProfileSelector::Named(_) => 1,
        ProfileSelector::Url(_) => 2,
        ProfileSelector::Origin(_) => 3,
    }
}

fn number_of_freshness(freshness: &Freshness) -> u32 {
    match freshness {
        Freshness::Valid => 0,
        Freshness::Rejected(_) => 1,
        Freshness::Fresh => 2,
    }
}

fn number_of_scope(scope: &ForgetScope) -> u32 {
    match scope {
        ForgetScope::Profile(_) => 0,
        ForgetScope::All => 1,
    }
}

fn number_of_identity(identity: &Identity) -> u32 {
    match identity {
        Identity::ApiClient(_) => 0,
        Identity::User(_) => 1,
        Identity::Basic(_) => 2,
    }
}

fn number_of_location(location: &SecretSource) -> u32 {
    match location {
        SecretSource::Keyring => 0,
        SecretSource::Memory => 1,
        SecretSource::Command(_) => 2,
        SecretSource::File(_) => 3,
        SecretSource::Credential(_) => 4,
    }
}

fn number_of_totp(totp: &TotpMethod) -> u32 {
    match totp {
        TotpMethod::None => 0,
        TotpMethod::Ask => 1,
        TotpMethod::Command(_) => 2,
        TotpMethod::Stored => 3,
    }
}

fn number_of_scheme(scheme: AuthScheme) -> u32 {
    match scheme {
        AuthScheme::Bearer => 0,
        AuthScheme::Basic => 1,
    }
}

fn number_of_keyring(keyring: KeyringReport) -> u32 {
    match keyring {
        KeyringReport::Untried => 0,
        KeyringReport::Working => 1,
        KeyringReport::Unavailable => 2,
        KeyringReport::Locked => 3,
        KeyringReport::Denied => 4,
        KeyringReport::TimedOut => 5,
    }
}

fn number_of_state(state: ProtectionState) -> u32 {
    match state {
        ProtectionState::On => 0,
        ProtectionState::Off => 1,
        ProtectionState::Unsupported => 2,
    }
}

fn number_of_token_state(state: TokenState) -> u32 {
    match state {
        TokenState::Absent => 0,
        TokenState::Live(_) => 1,
        TokenState::Requesting => 2,
        TokenState::CoolingDown(_) => 3,
    }
}

fn number_of_secret_state(state: SecretState) -> u32 {
    match state {
        SecretState::Usable => 0,
        SecretState::Refused(_) => 1,
    }
}

fn number_of_operation(operation: Operation) -> u32 {
    match operation {
        Operation::Get => 0,
        Operation::GetRejected => 1,
        Operation::GetFresh => 2,
        Operation::Forget => 3,
        Operation::ProfileCreate => 4,
        Operation::ProfileUpdate => 5,
        Operation::ProfileResetSecret => 6,
        Operation::ProfileDelete => 7,
        Operation::ProfileUse => 8,
        Operation::Reload => 9,
        Operation::Stop => 10,
        Operation::Lock => 11,
        Operation::ArmSuspendLock => 12,
        Operation::Unlock => 13,
        Operation::DisarmSuspendLock => 14,
        Operation::Doctor => 15,
        Operation::TokenRequest => 16,
        Operation::Renewal => 17,
        Operation::Restart => 18,
    }
}

fn number_of_outcome(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Served => 0,
        Outcome::Issued => 1,
        Outcome::Waited => 2,
        Outcome::Done => 3,
        Outcome::Abandoned => 4,
        Outcome::Failed(_) => 5,
    }
}

fn number_of_severity(severity: Severity) -> u32 {
    match severity {
        Severity::Ok => 0,
        Severity::Warning => 1,
        Severity::Error(_) => 2,
    }
}
