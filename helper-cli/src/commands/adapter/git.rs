//! Owns `cp-token git-credential`. For a host that is no profile's it prints nothing, so that git asks its next helper.

use std::ffi::OsStr;
use std::time::Duration;

use cp_token_protocol::message::{AccessTokenRequest, Freshness, Request};
use cp_token_protocol::{AccessToken, Failure, ProfileName};

use super::super::fetch_token::TokenOptions;
use crate::adapters::INPUT_LIMIT;
use crate::adapters::git::{self, Description};
use crate::commands::shared::connection_for_token;
use crate::daemon::deadline::Deadline;
use crate::terminal::{output, prompt};

/// How long git is held up by the report of a rejected token.
const REPORT_TIMEOUT: Duration = Duration::from_secs(3);

/// Does what git asks for; what git may ask for some day is no failure.
pub(in crate::commands) fn run(profile: Option<ProfileName>, operation: &OsStr) -> Result<(), Failure> {
    match operation.to_str() {
        Some("get") => get(profile),
        Some("erase") => {
            // Git expects no answer.
            let _ = erase(profile);
            Ok(())
        }
        Some("store") => {
            // A writer whose reader has gone may be killed for it.
            let _ = prompt::read_piped(INPUT_LIMIT, git::is_complete);
            Ok(())
        }
        Some("capability") => output::print(&[git::CAPABILITIES]),
        _ => Ok(()),
    }
}

fn get(profile: Option<ProfileName>) -> Result<(), Failure> {
    let input = prompt::read_piped(INPUT_LIMIT, git::is_complete)?;
    let description = Description::parse(input.expose())?;
    let Some(query) = git::query(&description) else { return Ok(()) };
    let selector = super::for_origin(query.origin, profile, query.username)?;
    match super::fetch(selector, query.accepts_basic) {
        Ok(token) => output::print(&[&git::answer(&description, &token)?]),
        Err(failure) if super::is_not_ours(&failure) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Reports the rejected token without waiting for a new one. Without a daemon there is nothing to report.
fn erase(profile: Option<ProfileName>) -> Result<(), Failure> {
    let input = prompt::read_piped(INPUT_LIMIT, git::is_complete)?;
    let description = Description::parse(input.expose())?;
    let Some(report) = git::report(&description) else { return Ok(()) };
    let Ok(token) = AccessToken::copy_of(report.token) else { return Ok(()) };
    let profile = profile.or(report.profile);
    let selector = super::for_origin(report.query.origin, profile, report.query.username)?;
    let (freshness, request) = (Freshness::Rejected(token), TokenOptions::of(selector).request);
    let mut request = Request::AccessToken(AccessTokenRequest { freshness, ..request });
    let deadline = Deadline::new(REPORT_TIMEOUT);
    let connection = connection_for_token(&mut request, &deadline, false)?;
    if let Request::AccessToken(request) = &mut request {
        request.timeout_ms = 0;
    }
    connection.ask(&request).map(drop)
}
