//! Owns what the daemon finds when it looks at everything between itself and the servers.

use crate::wire::{Decode, Encode};
use crate::{ErrorCode, ProfileName};

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DoctorRequest {
    /// The one profile to look at beside the daemon itself; absent: every profile.
    pub profile: Option<ProfileName>,
    /// The `next` of the page before; absent: the first page, which has the daemon's own findings.
    pub after: Option<ProfileName>,
}

/// A part of what was found. A profile's findings are never parted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FindingPage {
    /// The daemon's own first, then profile by profile, sorted by name.
    pub findings: Vec<Finding>,
    /// What to ask for the next page with; absent: this is the last.
    pub next: Option<ProfileName>,
}

/// What came of one look.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Finding {
    /// Whose; absent where it is the daemon's.
    pub profile: Option<ProfileName>,
    /// What was looked at, in one word that stays the same: `lock`, `protections`, `config`, `state`, `keyring`, `audit`,
    /// `secret`, `codes`, `name`, `server`, `clock`, `token`, `kind`, `http`, `profiles`.
    pub check: String,
    /// How it stands.
    pub severity: Severity,
    /// What was found, in one sentence for a person.
    pub message: String,
    /// What to do about it, in one sentence for a person; empty where nothing is to be done.
    pub fix: String,
}

/// How a thing stands that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Severity {
    /// All is well.
    Ok,
    /// It works, and a person may want to know of it.
    Warning,
    /// It does not work, and that is how a request would fail.
    Error(ErrorCode),
}
