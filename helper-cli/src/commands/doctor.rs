//! Owns `cp-token doctor`: looks at what only the helper can see, has the daemon look at the rest, and tells all of it.
//! It changes nothing, but may start the daemon.

mod meeting;
mod shell;
mod told;

use cp_token_protocol::message::{ExamineRequest, Finding, Request, Response, StatusReport, Verdict};
use cp_token_protocol::{ErrorCode, Failure};

use super::status;
use crate::cli::DoctorOptions;
use crate::look::Look;
use crate::{client, output};

/// Looks at everything, tells it, and fails as the first thing does that is not well.
///
/// # Errors
/// The first fault that was found.
pub(super) fn run(options: &DoctorOptions) -> Result<(), Failure> {
    let findings = findings(options)?;
    if options.json {
        output::print_json(&told::Report::from(findings.as_slice()))?;
    } else {
        let look = Look::of_stdout();
        output::print_pieces(&told::lines(&findings, &look), &look)?;
    }
    told::verdict(&findings)
}

fn findings(options: &DoctorOptions) -> Result<Vec<Finding>, Failure> {
    let (mut findings, status) = meeting::findings();
    let Some(status) = status else { return Ok(findings) };
    match examine(options) {
        Ok(found) => findings.extend(found),
        Err(failure) if is_a_mistake(failure.code) => return Err(failure),
        Err(failure) => findings.push(fault("daemon", &failure)),
    }
    findings.extend(shell::findings(&status, options.profile.as_ref(), |name| std::env::var_os(name)));
    Ok(findings)
}

fn examine(options: &DoctorOptions) -> Result<Vec<Finding>, Failure> {
    match super::ask(&Request::Examine(ExamineRequest { profile: options.profile.clone() }))? {
        Response::Findings(findings) => Ok(findings),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Done(_)
        | Response::Failure(_)
        | Response::Log(_)) => Err(client::unexpected(&other)),
    }
}

fn is_a_mistake(code: ErrorCode) -> bool {
    [ErrorCode::UNKNOWN_PROFILE, ErrorCode::USAGE].contains(&code)
}

fn report(connection: client::Connection<'_>) -> Result<StatusReport, Failure> {
    status::report(connection)
}

fn fine(check: &str, found: String) -> Finding {
    Finding { profile: None, check: check.to_owned(), verdict: Verdict::Fine, found, mend: String::new() }
}

fn fault(check: &str, failure: &Failure) -> Finding {
    Finding {
        profile: None,
        check: check.to_owned(),
        verdict: Verdict::Fault(failure.code),
        found: failure.message.clone(),
        mend: failure.hint.clone(),
    }
}
