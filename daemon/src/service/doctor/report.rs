//! Owns the form of a finding: whose it is, which check, how it stands, and the words. It finds nothing.

use cp_token_protocol::message::{Finding, Severity};
use cp_token_protocol::{Failure, ProfileName};

use crate::base::sanitize::clean;

/// The most characters of each sentence.
const LIMIT: usize = 800;

/// Whose findings are told.
#[derive(Clone, Copy)]
pub(super) struct ProfileFindings<'p> {
    profile: Option<&'p ProfileName>,
}

/// The daemon's own.
pub(super) const MACHINE: ProfileFindings<'static> = ProfileFindings { profile: None };

impl<'p> ProfileFindings<'p> {
    pub(super) fn of(profile: &'p ProfileName) -> Self {
        Self { profile: Some(profile) }
    }

    pub(super) fn ok(self, check: &str, message: impl AsRef<str>) -> Finding {
        self.finding(check, Severity::Ok, message.as_ref(), "")
    }

    pub(super) fn warning(self, check: &str, message: impl AsRef<str>, fix: impl AsRef<str>) -> Finding {
        self.finding(check, Severity::Warning, message.as_ref(), fix.as_ref())
    }

    /// What a request would end with. The profile stands beside it already.
    pub(super) fn error(self, check: &str, failure: &Failure) -> Finding {
        let found = self.without_name(&failure.message);
        self.finding(check, Severity::Error(failure.code), found, &failure.hint)
    }

    /// The same where it stops nobody.
    pub(super) fn warning_of(self, check: &str, failure: &Failure) -> Finding {
        let found = self.without_name(&failure.message);
        self.finding(check, Severity::Warning, found, &failure.hint)
    }

    fn without_name(self, message: &str) -> &str {
        let name = self.profile.map(|name| format!("profile {name}: ")).unwrap_or_default();
        message.strip_prefix(&name).unwrap_or(message)
    }

    fn finding(self, check: &str, severity: Severity, found: &str, fix: &str) -> Finding {
        Finding {
            profile: self.profile.cloned(),
            check: check.to_owned(),
            severity,
            message: clean(found, LIMIT),
            fix: clean(fix, LIMIT),
        }
    }
}
