//! Owns `cp-token doctor`: its own checks, those of the daemon, and the report. It may start the daemon, and changes nothing.

mod daemon_checks;
mod paths;
mod render;
mod shell;
mod summary;

use cp_token_protocol::message::{DoctorRequest, Finding, ProfileReport, Request, Severity, StatusReport};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::profiles::all_pages;
use super::retry;
use super::shared::ask;
use crate::args::cli::DoctorOptions;
use crate::daemon::client::content_of;
use crate::terminal::output;

/// Runs all checks, prints the findings, and fails as the first error.
pub(super) fn run(options: &DoctorOptions) -> Result<(), Failure> {
    let findings = findings(options)?;
    let lines = |style: &_| render::lines(&summary::summarize(&findings), style);
    output::print_report(options.json, &render::json(&findings), lines)?;
    render::first_error(&findings)
}

fn findings(options: &DoctorOptions) -> Result<Vec<Finding>, Failure> {
    let (mut findings, status) = daemon_checks::findings();
    let Some(status) = status else { return Ok(findings) };
    match examine(options) {
        Ok(found) => findings.extend(found),
        Err(failure) if is_a_mistake(failure.code) => return Err(failure),
        Err(failure) => findings.push(error("daemon", &failure)),
    }
    let own = own_variables(&status);
    if !status.locked
        && let Some(profiles) = unless_told(profiles(options), &findings)?
    {
        let is_known = |name: &ProfileName| {
            profiles.iter().any(|profile| profile.name == *name) || super::profiles::find(name).is_ok()
        };
        let ways = shell::findings(&profiles, is_known, |name| std::env::var_os(name));
        findings.extend(ways.into_iter().filter(|it| own.is_empty() || it.severity != Severity::Ok));
    }
    findings.extend(own);
    Ok(findings)
}

fn own_variables(status: &StatusReport) -> Vec<Finding> {
    let retry = retry::problem_of_variable().map(|failure| error("shell", &failure));
    paths::findings(status, |name| std::env::var_os(name)).chain(retry).collect()
}

/// `None` if a finding of the daemon already explains the failure: it is locked, or its config file is broken.
fn unless_told<T>(outcome: Result<T, Failure>, findings: &[Finding]) -> Result<Option<T>, Failure> {
    match outcome {
        Err(failure) if failure.code == ErrorCode::LOCKED => Ok(None),
        Err(failure) if findings.iter().any(|finding| finding.message == failure.message) => Ok(None),
        other => other.map(Some),
    }
}

/// The profiles whose way is compared with this shell's.
fn profiles(options: &DoctorOptions) -> Result<Vec<ProfileReport>, Failure> {
    match &options.profile {
        Some(name) => super::profiles::find(name).map(|profile| vec![profile]),
        None => super::profiles::profiles(),
    }
}

fn examine(options: &DoctorOptions) -> Result<Vec<Finding>, Failure> {
    all_pages(|after| {
        let request = Request::Doctor(DoctorRequest { profile: options.profile.clone(), after });
        content_of!(ask(&request)?, Findings).map(|page| (page.findings, page.next))
    })
}

fn is_a_mistake(code: ErrorCode) -> bool {
    [ErrorCode::UNKNOWN_PROFILE, ErrorCode::USAGE].contains(&code)
}

fn ok(check: &str, found: String) -> Finding {
    finding(None, check, Severity::Ok, found, String::new())
}

fn error(check: &str, failure: &Failure) -> Finding {
    finding(None, check, Severity::Error(failure.code), failure.message.clone(), failure.hint.clone())
}

fn warning(profile: Option<ProfileName>, found: String, fix: String) -> Finding {
    finding(profile, "shell", Severity::Warning, found, fix)
}

fn finding(
    profile: Option<ProfileName>,
    check: &str,
    severity: Severity,
    message: String,
    fix: String,
) -> Finding {
    Finding { profile, check: check.to_owned(), severity, message, fix }
}
