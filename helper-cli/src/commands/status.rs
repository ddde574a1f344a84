//! Owns `cp-token status`. It starts no daemon, because it is asked what is, not what could be.

use cp_token_protocol::Failure;
use cp_token_protocol::message::{Request, Response, StatusReport};

use super::{PATIENCE, json, table, words};
use crate::deadline::Deadline;
use crate::{client, date, output};

/// Shows the daemon and its profiles.
///
/// # Errors
/// [`cp_token_protocol::ErrorCode::DAEMON_UNAVAILABLE`] where none runs.
pub(super) fn run(as_json: bool) -> Result<(), Failure> {
    let deadline = Deadline::new(PATIENCE);
    let connection = client::connect(&super::meeting_place()?, &deadline)?.ok_or_else(super::not_running)?;
    let report = report(connection)?;
    if as_json {
        output::print_json(&json::Status::from(&report))
    } else {
        output::print_lines(&lines(&report))
    }
}

/// The daemon's account of itself.
///
/// # Errors
/// What the daemon says is wrong, or what is wrong with the daemon.
pub(super) fn report(connection: client::Connection<'_>) -> Result<StatusReport, Failure> {
    match connection.ask(&Request::Status)? {
        Response::Status(report) => Ok(report),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Profiles(_)
        | Response::Done(_)
        | Response::Failure(_)) => Err(client::unexpected(&other)),
    }
}

fn lines(report: &StatusReport) -> Vec<String> {
    let config = match &report.config_problem {
        Some(problem) => format!("{} (not in force: {problem})", report.config_file),
        None => report.config_file.clone(),
    };
    let up = date::span(report.uptime_s.saturating_mul(1000));
    let mut lines = vec![
        format!("cp-tokend {}, process {}, up {up}", report.version, report.pid),
        format!("protocol:    {}", report.protocol),
        format!("socket:      {}", report.socket),
        format!("config:      {config}"),
        format!("keyring:     {}", words::keyring(report.keyring)),
        format!("lock:        {}", words::lock(report.locked, report.locks_on_suspend)),
    ];
    let protections = report.protections.iter();
    lines.extend(
        protections.map(|each| format!("protection:  {}: {}", each.name, words::protection(each.state))),
    );
    if !report.locked {
        lines.extend(table::ways(&report.profiles).iter().map(|way| format!("network:     {way}")));
        lines.push(String::new());
        lines.extend(table::profiles(&report.profiles));
    }
    lines
}
