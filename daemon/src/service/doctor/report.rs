//! Owns how a finding is built: its profile, its check, its severity and its text. It checks nothing.

use cp_token_protocol::message::{Finding, Severity};
use cp_token_protocol::{Failure, ProfileName};

use crate::base::sanitize::clean;

/// The longest text, in characters.
const MAX_TEXT: usize = 800;

/// Builds the findings of one profile, or of the daemon.
#[derive(Clone, Copy)]
pub(super) struct Reporter<'p> {
    profile: Option<&'p ProfileName>,
}

/// Builds the findings of the daemon itself.
pub(super) const MACHINE: Reporter<'static> = Reporter { profile: None };

impl<'p> Reporter<'p> {
    pub(super) fn of(profile: &'p ProfileName) -> Self {
        Self { profile: Some(profile) }
    }

    pub(super) fn ok(self, check: &str, message: impl AsRef<str>) -> Finding {
        self.finding(check, Severity::Ok, message.as_ref(), "")
    }

    pub(super) fn warning(self, check: &str, message: impl AsRef<str>, fix: impl AsRef<str>) -> Finding {
        self.finding(check, Severity::Warning, message.as_ref(), fix.as_ref())
    }

    /// The failure that a request would end with.
    pub(super) fn error(self, check: &str, failure: &Failure) -> Finding {
        let message = self.without_name(&failure.message);
        self.finding(check, Severity::Error(failure.code), message, &failure.hint)
    }

    /// A failure that stops no request.
    pub(super) fn failure_as_warning(self, check: &str, failure: &Failure) -> Finding {
        let message = self.without_name(&failure.message);
        self.finding(check, Severity::Warning, message, &failure.hint)
    }

    /// The finding names the profile already.
    pub(super) fn without_name(self, message: &str) -> &str {
        let name = self.profile.map(|name| format!("profile {name}: ")).unwrap_or_default();
        message.strip_prefix(&name).unwrap_or(message)
    }

    fn finding(self, check: &str, severity: Severity, message: &str, fix: &str) -> Finding {
        Finding {
            profile: self.profile.cloned(),
            check: check.to_owned(),
            severity,
            message: clean(message, MAX_TEXT),
            fix: clean(fix, MAX_TEXT),
        }
    }
}
