//! Owns the words for what a report's values mean; tables and JSON say the same.

use cp_token_protocol::message::{KeyringReport, ProtectionState, SecretSourceKind};

/// The keyring's state in words.
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

/// A protection's state in words.
pub(super) fn protection(state: ProtectionState) -> &'static str {
    match state {
        ProtectionState::On => "on",
        ProtectionState::Off => "off",
        ProtectionState::Unsupported => "unsupported",
    }
}

/// Where a secret rests, in one word.
pub(super) fn secret_source(kind: SecretSourceKind) -> &'static str {
    match kind {
        SecretSourceKind::Keyring => "keyring",
        SecretSourceKind::Memory => "memory",
    }
}
