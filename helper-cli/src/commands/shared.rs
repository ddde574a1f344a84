//! Owns what all commands share: which profile, which daemon, how long.

use crate::daemon::client;
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;
use crate::terminal::output;
use cp_token_protocol::message::{ProfileSelector, Request, Response};
use cp_token_protocol::{AddressError, ErrorCode, Failure, IpcAddress, ProfileName};
use std::time::Duration;

/// How long a command other than `get` may take: a person may have to unlock the keyring in the meantime.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(300);

/// Where we meet, as the environment has it.
///
/// # Errors
/// [`ErrorCode::CONFIG_BROKEN`] where a variable leads address_failure.
pub(super) fn ipc_address() -> Result<IpcAddress, Failure> {
    IpcAddress::from_variables(|name| std::env::var_os(name)).map_err(|error| address_failure(&error))
}

#[cold]
pub(super) fn address_failure(error: &AddressError) -> Failure {
    let hint = match error {
        AddressError::Relative(_) => "make it start with /, or unset it",
        AddressError::TooLong(_) => "set CP_TOKEN_SOCKET to a shorter path in a folder of your own",
        AddressError::NoPipe => "mend it, or unset it",
        AddressError::NoUser => "log in again",
        AddressError::Nowhere => "set HOME, or CP_TOKEN_STATE_DIR and CP_TOKEN_CONFIG_DIR",
    };
    Failure::new(ErrorCode::CONFIG_BROKEN, error.to_string()).with_hint(hint)
}

/// The profile that the options and `CP_TOKEN_PROFILE` name; the daemon decides where neither does.
///
/// # Errors
/// [`ErrorCode::USAGE`] where the variable holds no profile name.
pub(super) fn selector(profile: Option<&ProfileName>, url: Option<&str>) -> Result<ProfileSelector, Failure> {
    if let Some(name) = profile {
        return Ok(ProfileSelector::Named(name.clone()));
    }
    if let Some(url) = url {
        return Ok(ProfileSelector::Url(url.to_owned()));
    }
    Ok(profile_of_environment()?.map_or(ProfileSelector::Default, ProfileSelector::Named))
}

/// The profile that `CP_TOKEN_PROFILE` names.
///
/// # Errors
/// [`ErrorCode::USAGE`] where it holds no profile name.
pub(super) fn profile_of_environment() -> Result<Option<ProfileName>, Failure> {
    match std::env::var_os("CP_TOKEN_PROFILE").filter(|name| !name.is_empty()) {
        Some(name) => match name.to_str().and_then(|name| ProfileName::parse(name).ok()) {
            Some(name) => Ok(Some(name)),
            None => Err(bad_variable()),
        },
        None => Ok(None),
    }
}

/// The failure of a request; where no option named the profile that is not there, with the variable that did.
#[cold]
pub(super) fn mention_variable(mut failure: Failure, is_named: bool) -> Failure {
    let is_set = || profile_of_environment().is_ok_and(|name| name.is_some());
    if failure.code == ErrorCode::UNKNOWN_PROFILE && !is_named && is_set() {
        failure.message.push_str(", which CP_TOKEN_PROFILE names");
    }
    failure
}

#[cold]
pub(super) fn bad_variable() -> Failure {
    Failure::new(ErrorCode::USAGE, "CP_TOKEN_PROFILE holds no profile name")
        .with_hint("unset it, or see: cp-token profile list")
}

/// Asks the daemon, starting one where none runs.
pub(super) fn ask(request: &Request) -> Result<Response, Failure> {
    ask_within(request, REQUEST_TIMEOUT)
}

/// As [`ask`], with another limit on the time that it may take.
pub(super) fn ask_within(request: &Request, limit: Duration) -> Result<Response, Failure> {
    let deadline = Deadline::new(limit);
    let address = ipc_address()?;
    match launch::connect_or_start(&address, &deadline)?.ask(request) {
        Err(unheard) if client::is_retryable(&unheard) && is_idempotent(request) => {
            launch::connect_or_start(&address, &deadline)?.ask(request)
        }
        outcome => outcome,
    }
}

/// Whether asking twice is the same as asking once.
pub(super) fn is_idempotent(request: &Request) -> bool {
    matches!(request, Request::Status | Request::ProfileList(_) | Request::ProfileShow(_) | Request::Log(_))
}

/// Prints what the daemon says of something that it was told to do.
pub(super) fn tell(response: Response) -> Result<(), Failure> {
    match response {
        Response::Done(lines) => output::print_lines(&lines),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Profile(_)
        | Response::Failure(_)
        | Response::Log(_)
        | Response::Findings(_)) => Err(client::unexpected(&other)),
    }
}

/// No daemon runs, and this command starts none.
#[cold]
pub(super) fn not_running() -> Failure {
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "no daemon runs")
        .with_hint("start one: cp-token daemon start")
}

/// A connection for a request for a token, which is told how long the daemon may take for it.
pub(super) fn connection_for_token<'d>(
    request: &mut Request,
    deadline: &'d Deadline,
    may_start: bool,
) -> Result<client::Connection<'d>, Failure> {
    let address = ipc_address()?;
    let connection = match client::connect(&address, deadline)? {
        Some(connection) => connection,
        None if may_start => launch::start(&address, deadline)?,
        None => launch::connect_to_running(&address, deadline)?.ok_or_else(not_running)?,
    };
    if let Request::AccessToken(request) = request {
        request.timeout_ms = milliseconds(daemon_timeout(deadline.remaining_if_started()?));
    }
    Ok(connection)
}

/// The daemon knows better why it has no answer, so it is given a little less time than we have.
pub(super) fn daemon_timeout(left: Duration) -> Duration {
    left - (left / 20).min(Duration::from_millis(200))
}

/// The duration as the protocol counts it.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A file of ours could not be written.
#[cold]
pub(super) fn not_written(error: &std::io::Error) -> Failure {
    let known = [
        (std::io::ErrorKind::StorageFull, "there is no space left"),
        (std::io::ErrorKind::QuotaExceeded, "there is no space left"),
        (std::io::ErrorKind::NotFound, "its folder is gone"),
    ];
    let reason = known.iter().find(|(kind, _)| *kind == error.kind());
    let reason = reason.map_or("the system refuses it", |(_, reason)| reason);
    Failure::new(ErrorCode::WRITE_FAILED, format!("a file could not be written: {reason}"))
        .with_hint("see that its folder is yours and has space left")
}
