//! Owns the words for what a report's values mean; tables and JSON say the same.

use cp_token_protocol::message::{
    Identity, KeyringReport, ProfileReport, ProtectionState, SecretSource, TotpMethod,
};

pub(super) fn keyring(report: KeyringReport) -> &'static str {
    match report {
        KeyringReport::Untried => "untried",
        KeyringReport::Working => "working",
        KeyringReport::Unavailable => "unavailable",
        KeyringReport::Locked => "locked",
        KeyringReport::Denied => "denied",
        KeyringReport::TimedOut => "timed_out",
    }
}

/// Whether the daemon is locked, and what it does when the machine is about to sleep.
pub(super) fn lock(locked: bool, on_suspend: bool) -> &'static str {
    match (locked, on_suspend) {
        (true, false) => "locked; cp-token unlock opens it",
        (true, true) => "locked; cp-token unlock opens it until the machine is about to sleep",
        (false, false) => "open",
        (false, true) => "open until the machine is about to sleep",
    }
}

pub(super) fn protection(state: ProtectionState) -> &'static str {
    match state {
        ProtectionState::On => "on",
        ProtectionState::Off => "off",
        ProtectionState::Unsupported => "unsupported",
    }
}

pub(super) fn secret_source(location: &SecretSource) -> &'static str {
    match location {
        SecretSource::Keyring => "keyring",
        SecretSource::Memory => "memory",
        SecretSource::Command(_) => "command",
        SecretSource::File(_) => "file",
        SecretSource::Credential(_) => "credential",
    }
}

/// Which program, file or credential holds a secret, if one does.
pub(super) fn secret_source_detail(location: &SecretSource) -> Option<String> {
    match location {
        SecretSource::Keyring | SecretSource::Memory => None,
        SecretSource::Command(line) => Some(joined(line)),
        SecretSource::File(place) | SecretSource::Credential(place) => Some(place.clone()),
    }
}

pub(super) fn kind(identity: &Identity) -> &'static str {
    match identity {
        Identity::ApiClient(_) => "api-client",
        Identity::User(_) => "user",
        Identity::Basic(_) => "basic",
    }
}

pub(super) fn id(identity: &Identity) -> &str {
    let (Identity::ApiClient(id) | Identity::User(id) | Identity::Basic(id)) = identity;
    id
}

pub(super) fn totp(method: &TotpMethod) -> &'static str {
    match method {
        TotpMethod::None => "none",
        TotpMethod::Ask => "ask",
        TotpMethod::Command(_) => "command",
        TotpMethod::Stored => "stored",
    }
}

pub(super) fn names<'p>(profiles: impl Iterator<Item = &'p ProfileReport>) -> String {
    let names: Vec<_> = profiles.map(|profile| profile.name.as_str()).collect();
    const MAX_NAMES: usize = 5;
    match names.len().checked_sub(MAX_NAMES) {
        Some(more) if more > 0 => format!("{} and {more} others", names[..MAX_NAMES].join(", ")),
        _ => names.join(", "),
    }
}

/// The program line, quoted for a shell.
pub(super) fn joined(line: &[String]) -> String {
    shlex::try_join(line.iter().map(String::as_str)).unwrap_or_default()
}
