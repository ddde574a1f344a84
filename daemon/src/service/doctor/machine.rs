//! Owns the findings of the daemon itself: the lock, the protections, config and state file, the keyring.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::message::{Finding, ProtectionReport, ProtectionState, SecretSource, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure};

use super::report::MACHINE;
use crate::base::files::{self, FileError};
use crate::failure;
use crate::process::protections;
use crate::profile::Profile;
use crate::secrets::failure::of_keyring;
use crate::service::Service;

/// How long a slow disk is waited for before the last known state of the audit file is reported.
const AUDIT_TIMEOUT: Duration = Duration::from_secs(1);

impl Service {
    /// The findings that name no profile.
    pub(super) async fn check_machine(&self) -> Vec<Finding> {
        let mut findings = vec![
            self.lock_finding(),
            protections(&self.protections.reports()),
            self.config_finding(),
            self.state_file_finding().await,
            self.keyring_finding().await,
        ];
        findings.extend(self.audit_file_finding().await);
        findings.extend(limits());
        findings
    }

    /// The audit file, if one is configured.
    async fn audit_file_finding(&self) -> Option<Finding> {
        // A write may be in progress.
        let _ = tokio::time::timeout(AUDIT_TIMEOUT, self.deps.audit.flush_file()).await;
        let (path, problem) = self.deps.audit.file_status()?;
        let path = files::show(&path);
        Some(match problem {
            None => MACHINE.ok("audit", format!("every request is noted in {path}")),
            Some(problem) => {
                let message = format!("{path} is not written: {problem}");
                let fix = "fix it, or take audit_file out of the config file";
                MACHINE.error("audit", &Failure::new(ErrorCode::WRITE_FAILED, message).with_hint(fix))
            }
        })
    }

    fn lock_finding(&self) -> Finding {
        match self.deps.lock_flag.is_locked() {
            true => MACHINE.error("lock", &failure::locked()),
            false => MACHINE.ok("lock", "open"),
        }
    }

    fn config_finding(&self) -> Finding {
        match self.registry.problem() {
            Some(problem) => MACHINE.error("config", &problem),
            None => MACHINE.ok("config", self.registry.config_file()),
        }
    }

    /// The error that there is no profile, unless the config file is the reason.
    pub(super) fn check_any_profile(&self, profiles: &[Arc<Profile>]) -> Option<Finding> {
        let fix = "create one: `cp-token profile create NAME --url URL --client-id ID`";
        let failure = Failure::new(ErrorCode::NO_PROFILE, "there is no profile").with_hint(fix);
        let is_so = profiles.is_empty() && self.registry.problem().is_none();
        is_so.then(|| MACHINE.error("profiles", &failure))
    }

    /// Writes the state file with its present content.
    async fn state_file_finding(&self) -> Finding {
        match self.deps.state.save().await {
            Ok(()) => MACHINE.ok("state", format!("{} can be written", self.deps.state.shown())),
            Err(FileError::ReadOnly(place)) if !self.needs_codes() => {
                let found = format!("{place} cannot be written, which costs dates and the log, and no token");
                MACHINE.warning("state", found, STATE_OPTIONAL_FIX)
            }
            Err(error) => {
                let message = if matches!(error, FileError::ReadOnly(_)) {
                    error.to_string()
                } else {
                    format!("{} cannot be written: {error}", self.deps.state.shown())
                };
                MACHINE.error("state", &Failure::new(ErrorCode::WRITE_FAILED, message).with_hint(STATE_FIX))
            }
        }
    }

    /// Whether a profile's one-time codes are computed: a code is only sent if its use can be recorded in the state file.
    fn needs_codes(&self) -> bool {
        self.registry.profiles().iter().any(|profile| profile.totp == TotpMethod::Stored)
    }

    async fn keyring_finding(&self) -> Finding {
        let is_used =
            self.registry.profiles().iter().any(|profile| profile.secret_source == SecretSource::Keyring);
        match self.keyring.probe().await {
            Ok(()) => MACHINE.ok("keyring", "an item was written, read back and removed"),
            Err(error) if is_used => MACHINE.error("keyring", &of_keyring(error)),
            Err(error) => {
                let failure = of_keyring(error);
                MACHINE.warning("keyring", format!("{}; no profile uses it", failure.message), failure.hint)
            }
        }
    }
}

/// One finding for all protections. One that is off is an error; one that the system lacks is a warning.
fn protections(reports: &[ProtectionReport]) -> Finding {
    let of = |state| reports.iter().filter(|report| report.state == state).map(named).collect::<Vec<_>>();
    let (on, off) = (of(ProtectionState::On), of(ProtectionState::Off));
    let unsupported = of(ProtectionState::Unsupported);
    if !off.is_empty() {
        let failure = Failure::new(ErrorCode::PROTECTION_OFF, format!("off: {}", off.join("; ")));
        return MACHINE.error("protections", &failure.with_hint(PROTECTIONS_FIX));
    }
    let found = format!("{} on", on.len());
    match unsupported.as_slice() {
        [] => MACHINE.ok("protections", found),
        _ => {
            let found = format!("{found}; this system does not have: {}", unsupported.join("; "));
            MACHINE.warning("protections", found, "")
        }
    }
}

const STATE_OPTIONAL_FIX: &str = "to have them, set CP_TOKEN_STATE_DIR to a folder that can be written to";

const STATE_FIX: &str = "make room, give yourself the right to write there, or set CP_TOKEN_STATE_DIR to a folder that can be written to; until then there are no dates, no log and no computed one-time codes";

/// The limit at which the system will end the process, if there is one.
fn limits() -> Option<Finding> {
    let (found, fix) = protections::processor_limit()?;
    Some(MACHINE.warning("limits", found, fix))
}

fn named(report: &ProtectionReport) -> String {
    match report.detail.as_str() {
        "" => report.name.clone(),
        detail => format!("{} ({detail})", report.name),
    }
}

/// A stop comes last, because it loses the secrets that only memory holds.
const PROTECTIONS_FIX: &str = if cfg!(target_os = "linux") {
    "fix what each names; what needs a new start has it with `cp-token daemon restart`, which keeps tokens and secrets"
} else {
    "fix what each names, and start the daemon again: `cp-token daemon stop`, which loses secrets that only its memory holds, and `cp-token daemon start`"
};

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::Severity;

    use super::*;

    #[test]
    fn a_protection_that_is_off_is_a_fault_and_one_that_is_not_to_be_had_is_none() {
        let report = |state| ProtectionReport { name: "x".to_owned(), state, detail: String::new() };
        let [on, off, none] =
            [ProtectionState::On, ProtectionState::Off, ProtectionState::Unsupported].map(report);
        let severity = |reports: &[&ProtectionReport]| {
            protections(&reports.iter().map(|report| (*report).clone()).collect::<Vec<_>>()).severity
        };
        assert_eq!(severity(&[&on, &on]), Severity::Ok);
        assert_eq!(severity(&[&on, &none]), Severity::Warning);
        assert_eq!(severity(&[&on, &none, &off]), Severity::Error(ErrorCode::PROTECTION_OFF));
    }
}
