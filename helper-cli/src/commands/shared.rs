//! Owns what all commands share: which profile, which daemon, how long a request may take.

use std::io::{self, ErrorKind};
use std::time::Duration;

use cp_token_protocol::message::{ProfileSelector, Request, Response};
use cp_token_protocol::{AddressError, ErrorCode, Failure, IpcAddress, ProfileName};

use crate::daemon::client::{self, Connection, content_of};
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;
use crate::terminal::output;

/// How long a command other than `get` may take: a person may have to unlock the keyring in the meantime.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(300);

/// The daemon's socket, from the environment; [`ErrorCode::CONFIG_BROKEN`] if a variable is unusable.
pub(super) fn ipc_address() -> Result<IpcAddress, Failure> {
    IpcAddress::from_variables(|name| std::env::var_os(name)).map_err(|error| address_failure(&error))
}

#[cold]
fn address_failure(error: &AddressError) -> Failure {
    let hint = match error {
        AddressError::Relative(_) => "make it start with /, or unset it",
        AddressError::TooLong(_) => "set CP_TOKEN_SOCKET to a shorter path in a folder of your own",
        AddressError::NoPipe => "fix it, or unset it",
        AddressError::NoUser => "log in again",
        AddressError::Nowhere => "set HOME, or CP_TOKEN_STATE_DIR and CP_TOKEN_CONFIG_DIR",
    };
    Failure::new(ErrorCode::CONFIG_BROKEN, error.to_string()).with_hint(hint)
}

/// The profile from the options or `CP_TOKEN_PROFILE`; if neither names one, the daemon decides.
pub(super) fn selector(profile: Option<&ProfileName>, url: Option<&str>) -> Result<ProfileSelector, Failure> {
    if let Some(name) = profile {
        return Ok(ProfileSelector::Named(name.clone()));
    }
    if let Some(url) = url {
        return Ok(ProfileSelector::Url(url.to_owned()));
    }
    Ok(profile_of_environment()?.map_or(ProfileSelector::Default, ProfileSelector::Named))
}

/// The profile from `CP_TOKEN_PROFILE`; [`ErrorCode::USAGE`] if the value is not a profile name.
pub(super) fn profile_of_environment() -> Result<Option<ProfileName>, Failure> {
    let value = std::env::var_os("CP_TOKEN_PROFILE").filter(|name| !name.is_empty());
    let parse = |name: &std::ffi::OsString| ProfileName::parse(name.to_str()?).ok();
    value
        .map(|name| {
            parse(&name).ok_or_else(|| {
                Failure::new(ErrorCode::USAGE, "CP_TOKEN_PROFILE holds no profile name")
                    .with_hint("unset it, or see: cp-token profile list")
            })
        })
        .transpose()
}

/// Adds `CP_TOKEN_PROFILE` to a failure if that variable, and not an option, named the unknown profile.
pub(super) fn mention_variable(outcome: Result<(), Failure>, is_named: bool) -> Result<(), Failure> {
    let is_set = || profile_of_environment().is_ok_and(|name| name.is_some());
    outcome.map_err(|mut failure| {
        if failure.code == ErrorCode::UNKNOWN_PROFILE && !is_named && is_set() {
            failure.message.push_str(", which CP_TOKEN_PROFILE names");
        }
        failure
    })
}

/// Sends the request to the daemon, which is started if none runs.
pub(super) fn ask(request: &Request) -> Result<Response, Failure> {
    ask_within(request, REQUEST_TIMEOUT)
}

pub(super) fn ask_within(request: &Request, timeout: Duration) -> Result<Response, Failure> {
    let deadline = Deadline::new(timeout);
    let address = ipc_address()?;
    match launch::connect_or_start(&address, &deadline)?.ask(request) {
        Err(failure) if client::is_retryable(&failure) && is_idempotent(request) => {
            launch::connect_or_start(&address, &deadline)?.ask(request)
        }
        outcome => outcome,
    }
}

fn is_idempotent(request: &Request) -> bool {
    matches!(request, Request::Status | Request::ProfileList(_) | Request::ProfileShow(_) | Request::Log(_))
}

/// Sends the request to the daemon if one runs; starts none.
pub(super) fn ask_running(request: &Request) -> Result<Option<Response>, Failure> {
    let deadline = Deadline::new(REQUEST_TIMEOUT);
    connect_to_running(&deadline)?.map(|connection| connection.ask(request)).transpose()
}

/// Connects to the daemon; `None` if none runs.
pub(super) fn connect_to_running(deadline: &Deadline) -> Result<Option<Connection<'_>>, Failure> {
    launch::connect_to_running(&ipc_address()?, deadline)
}

pub(super) fn print_done(response: Response) -> Result<(), Failure> {
    output::print_lines(&content_of!(response, Done)?)
}

#[cold]
pub(super) fn not_running() -> Failure {
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "no daemon runs")
        .with_hint("start one: cp-token daemon start")
}

/// Connects for a token request and sets the timeout in the request.
pub(super) fn connection_for_token<'d>(
    request: &mut Request,
    deadline: &'d Deadline,
    may_start: bool,
) -> Result<Connection<'d>, Failure> {
    let address = ipc_address()?;
    let connection = match client::connect(&address, deadline)? {
        Some(connection) => connection,
        None if may_start => launch::start(&address, deadline)?,
        None => launch::connect_to_running(&address, deadline)?.ok_or_else(not_running)?,
    };
    if let Request::AccessToken(request) = request {
        let left = deadline.remaining_if_started()?;
        // The daemon knows the reason for a timeout, so its timeout is a little shorter than the helper's.
        request.timeout_ms = to_milliseconds(left - (left / 20).min(Duration::from_millis(200)));
    }
    Ok(connection)
}

pub(super) fn to_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cold]
pub(super) fn not_written(error: &io::Error) -> Failure {
    let known = [
        (ErrorKind::StorageFull, "there is no space left"),
        (ErrorKind::QuotaExceeded, "there is no space left"),
        (ErrorKind::NotFound, "its folder is gone"),
    ];
    let reason = output::reason(error, &known, "the system refuses it");
    Failure::new(ErrorCode::WRITE_FAILED, format!("a file could not be written: {reason}"))
        .with_hint("see that its folder is yours and has space left")
}
