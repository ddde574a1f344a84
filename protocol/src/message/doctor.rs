//! Owns the findings of `doctor`: the state of the daemon, the profiles and the servers.

use crate::wire::{Decode, Encode};
use crate::{ErrorCode, ProfileName};

/// What to check.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DoctorRequest {
    /// The only profile to check beside the daemon; absent: every profile.
    pub profile: Option<ProfileName>,
    /// The `next` of the page before; absent: the first page, which has the daemon's own findings.
    pub after: Option<ProfileName>,
}

/// A part of the findings. All findings of a profile are in one part.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FindingPage {
    /// The daemon's own first, then profile by profile, sorted by name.
    pub findings: Vec<Finding>,
    /// The `after` of the request for the next page; absent on the last.
    pub next: Option<ProfileName>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Finding {
    /// The profile; absent for the daemon.
    pub profile: Option<ProfileName>,
    /// The stable name of the check: `lock`, `protections`, `config`, `state`, `keyring`, `audit`,
    /// `secret`, `codes`, `name`, `server`, `clock`, `token`, `kind`, `http`, `profiles`.
    pub check: String,
    /// The severity.
    pub severity: Severity,
    /// The result in one sentence for a person.
    pub message: String,
    /// What to do, in one sentence for a person; may be empty.
    pub fix: String,
}

/// How severe a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Severity {
    /// All is well.
    Ok,
    /// It works, with something that a person should know.
    Warning,
    /// It does not work; a request would fail with this code.
    Error(ErrorCode),
}
