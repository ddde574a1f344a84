//! Owns `cp-token doctor`: its own checks, those of the daemon, and the report. It may start the daemon, and changes nothing.

mod render;
mod shell;

use cp_token_protocol::message::{DoctorRequest, Finding, Request, Severity, StatusReport};
use cp_token_protocol::{ErrorCode, Failure, IpcAddress, ProfileName};

use super::shared::{REQUEST_TIMEOUT, ask, ipc_address};
use super::{profiles, retry, status};
use crate::daemon::client::{self, content_of};
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;
use crate::terminal::output;

/// Failures of the command line, which are no findings.
const MISTAKES: [ErrorCode; 2] = [ErrorCode::UNKNOWN_PROFILE, ErrorCode::USAGE];

/// Runs all checks, prints the findings, and fails as the first error.
pub(super) fn run(profile: Option<&ProfileName>, as_json: bool) -> Result<(), Failure> {
    let findings = findings(profile)?;
    let lines = |style: &_| render::lines(&render::summarize(&findings), style);
    output::print_report(as_json, &render::json(&findings), lines)?;
    render::first_error(&findings)
}

fn findings(profile: Option<&ProfileName>) -> Result<Vec<Finding>, Failure> {
    let (mut findings, status) = daemon_findings();
    let Some(status) = status else { return Ok(findings) };
    match examine(profile) {
        Ok(found) => findings.extend(found),
        Err(failure) if MISTAKES.contains(&failure.code) => return Err(failure),
        Err(failure) => findings.push(error("daemon", &failure)),
    }
    let own = own_variables(&status);
    let profiles = || profile.map_or_else(profiles::profiles, |name| Ok(vec![profiles::find(name)?]));
    if !status.locked
        && let Some(profiles) = unless_reported(profiles(), &findings)?
    {
        let is_known = |name: &ProfileName| {
            profiles.iter().any(|profile| profile.name == *name) || profiles::find(name).is_ok()
        };
        let ways = shell::findings(&profiles, is_known, |name| std::env::var_os(name));
        findings.extend(ways.into_iter().filter(|it| own.is_empty() || it.severity != Severity::Ok));
    }
    findings.extend(own);
    Ok(findings)
}

fn own_variables(status: &StatusReport) -> Vec<Finding> {
    let retry = retry::retries_by_environment().err().map(|failure| error("shell", &failure));
    shell::paths(status, |name| std::env::var_os(name)).chain(retry).collect()
}

/// `None` if a finding of the daemon already explains the failure: it is locked, or its config file is broken.
fn unless_reported<T>(outcome: Result<T, Failure>, findings: &[Finding]) -> Result<Option<T>, Failure> {
    match outcome {
        Err(failure) if failure.code == ErrorCode::LOCKED => Ok(None),
        Err(failure) if findings.iter().any(|finding| finding.message == failure.message) => Ok(None),
        other => other.map(Some),
    }
}

fn examine(profile: Option<&ProfileName>) -> Result<Vec<Finding>, Failure> {
    profiles::all_pages(|after| {
        let request = Request::Doctor(DoctorRequest { profile: profile.cloned(), after });
        content_of!(ask(&request)?, Findings).map(|page| (page.findings, page.next))
    })
}

fn ok(check: &str, message: String) -> Finding {
    Finding { profile: None, check: check.to_owned(), severity: Severity::Ok, message, fix: String::new() }
}

fn error(check: &str, failure: &Failure) -> Finding {
    let (severity, fix) = (Severity::Error(failure.code), failure.hint.clone());
    Finding { severity, fix, ..ok(check, failure.message.clone()) }
}

fn warning(profile: Option<&ProfileName>, message: String, fix: String) -> Finding {
    let (profile, check) = (profile.cloned(), "shell".to_owned());
    Finding { profile, check, severity: Severity::Warning, message, fix }
}

/// The connection to the daemon: the socket, the daemon itself, and whether both are of one version.
fn daemon_findings() -> (Vec<Finding>, Option<StatusReport>) {
    let address = match ipc_address() {
        Ok(address) => address,
        Err(failure) => return (vec![error("socket", &failure)], None),
    };
    match connect(&address) {
        Err(failure) => (vec![error(failed_check(&failure), &failure)], None),
        Ok((status, state)) => {
            let socket = ok("socket", format!("{}, in a folder of this user alone", status.socket));
            let daemon = ok("daemon", format!("cp-tokend {state}, process {}", status.pid));
            (vec![socket, daemon, version(&status.version, env!("CARGO_PKG_VERSION"))], Some(status))
        }
    }
}

fn connect(address: &IpcAddress) -> Result<(StatusReport, &'static str), Failure> {
    let deadline = Deadline::new(REQUEST_TIMEOUT);
    match client::connect(address, &deadline)? {
        Some(connection) => Ok((status::report(connection)?, "runs")),
        None => Ok((status::report(launch::start(address, &deadline)?)?, "was started")),
    }
}

fn failed_check(failure: &Failure) -> &'static str {
    match failure.code {
        ErrorCode::NOT_OUR_DAEMON => "socket",
        ErrorCode::UNSUPPORTED_VERSION => "version",
        _ => "daemon",
    }
}

/// A daemon that an upgrade left behind works, and lacks what the upgrade fixes.
fn version(daemon: &str, helper: &str) -> Finding {
    if daemon == helper {
        return ok("version", format!("{helper}, of both"));
    }
    let message = format!("the daemon is {daemon} and cp-token {helper}");
    let failure = Failure::new(ErrorCode::UNSUPPORTED_VERSION, message);
    error("version", &failure.with_hint("run `cp-token daemon restart`, which hands over what is in memory"))
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::Severity;

    use super::*;

    #[test]
    fn b21_a_daemon_of_another_version_is_a_fault_with_its_fix_and_the_same_is_none() {
        assert_eq!(version("0.1.0", "0.1.0").severity, Severity::Ok);
        let other = version("0.0.9", "0.1.0");
        assert_eq!(other.severity, Severity::Error(ErrorCode::UNSUPPORTED_VERSION));
        assert!(other.fix.contains("cp-token daemon restart"));
    }
}
