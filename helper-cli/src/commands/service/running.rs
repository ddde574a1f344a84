//! Owns the daemon that runs when a service is installed or removed: what would be lost with it, and its stop.

use std::time::Duration;

use cp_token_protocol::message::{ProfileReport, Request, StatusReport, TokenState, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure, IpcAddress};

use crate::commands::{labels, status};
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;

/// How long a daemon may take to answer or to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// The status of the running daemon; `None` if none runs.
pub(super) fn report(address: &IpcAddress) -> Result<Option<StatusReport>, Failure> {
    let deadline = Deadline::new(STOP_TIMEOUT);
    launch::connect_to_running(address, &deadline)?.map(status::report).transpose()
}

/// Fails with [`ErrorCode::USAGE`] if stopping the daemon would lose what only a person can restore, unless forced.
pub(super) fn require_stoppable(address: &IpcAddress, force: bool) -> Result<(), Failure> {
    let Some(report) = report(address)?.filter(|_| !force) else { return Ok(()) };
    let Some(loss) = loss(&report)? else { return Ok(()) };
    let message = format!("the daemon that runs, process {}, would have to stop: {loss}", report.pid);
    Err(Failure::new(ErrorCode::USAGE, message)
        .with_hint("run this again with --force, and give the secret again afterwards"))
}

fn loss(report: &StatusReport) -> Result<Option<String>, Failure> {
    if let Some(secrets) = status::secrets_lost(report) {
        return Ok(Some(secrets));
    }
    let profiles = crate::commands::profiles::profiles()?;
    let named = |holds: fn(&&ProfileReport) -> bool| {
        let names: Vec<_> = profiles.iter().filter(holds).map(|profile| profile.name.as_str()).collect();
        Some(labels::names(&names)).filter(|names| !names.is_empty())
    };
    let typed =
        named(|profile| profile.totp == TotpMethod::Ask && matches!(profile.token, TokenState::Live(_)));
    Ok(typed.map(|names| format!("a one-time code would be asked for again, for {names}")))
}

/// Stops the daemon and waits until it holds nothing any more; a line about it, if one ran.
pub(super) fn stop(address: &IpcAddress) -> Result<Option<String>, Failure> {
    let deadline = Deadline::new(STOP_TIMEOUT);
    let Some(connection) = launch::connect_to_running(address, &deadline)? else { return Ok(None) };
    connection.ask_until_closed(&Request::Stop)?;
    Ok(Some("stopped: the daemon that ran; tokens are fetched again when they are asked for".to_owned()))
}
