//! Owns `cp-token daemon`: start, stop, reload, and restart, which upgrades the running process, or stops and starts it if
//! no secret is lost by it. How a daemon is started is `launch.rs`'s business.

#[cfg_attr(target_os = "linux", path = "daemon/linux.rs")]
#[cfg_attr(target_os = "macos", path = "daemon/macos.rs")]
#[cfg_attr(windows, path = "daemon/windows.rs")]
mod system;

use std::time::Duration;

use cp_token_protocol::message::Request;
use cp_token_protocol::{ErrorCode, Failure};

use super::status;
use crate::args::cli::command::DaemonCommand;
use crate::commands::shared::{ask_running, connect_to_running, ipc_address, not_running, print_done};
use crate::daemon::client::{self, Connection};
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;
use crate::terminal::{output, prompt};

const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The daemon waits for pending token requests, and serves meanwhile.
const RESTART_TIMEOUT: Duration = Duration::from_secs(90);

pub(super) fn run(command: DaemonCommand) -> Result<(), Failure> {
    match command {
        DaemonCommand::Start => start(),
        DaemonCommand::Stop { yes } => {
            if !yes {
                confirm_stop()?;
            }
            output::print_line(if stop()? { "cp-tokend is stopped" } else { "no daemon ran" })
        }
        DaemonCommand::Restart => restart(),
        DaemonCommand::Reload => print_done(ask_running(&Request::Reload)?.ok_or_else(not_running)?),
    }
}

fn start() -> Result<(), Failure> {
    let deadline = Deadline::new(STOP_TIMEOUT);
    match connect_to_running(&deadline)? {
        Some(connection) => print_started(connection, "runs already"),
        None => print_started(launch::start(&ipc_address()?, &deadline)?, "is ready"),
    }
}

fn print_started(connection: Connection<'_>, state: &str) -> Result<(), Failure> {
    let report = status::report(connection)?;
    let (version, pid, socket) = (report.version, report.pid, report.socket);
    output::print_line(&format!("cp-tokend {version} {state}, process {pid}, at {socket}"))
}

/// Passes if no secret would be lost, or a person agrees. A daemon of another version gives no status and is not asked about.
fn confirm_stop() -> Result<(), Failure> {
    let Ok(Some(report)) = status::of_running() else { return Ok(()) };
    let Some(loss) = status::secrets_lost(&report) else { return Ok(()) };
    let question = format!("the daemon runs as process {}: {loss}. Stop it all the same?", report.pid);
    let not_done = format!("the daemon, process {}, was not stopped: {loss}", report.pid);
    prompt::require_confirmation(&question, &not_done, "stop it, and give the secret again afterwards")
}

/// Stops the daemon and waits until it holds nothing any more; whether one ran.
pub(super) fn stop() -> Result<bool, Failure> {
    let deadline = Deadline::new(STOP_TIMEOUT);
    let Some(connection) = connect_to_running(&deadline)? else { return Ok(false) };
    let process = connection.process();
    match connection.ask_until_closed(&Request::Stop) {
        Err(failure) if failure.code == ErrorCode::UNSUPPORTED_VERSION => force_stop(process, &deadline)?,
        outcome => drop(outcome?),
    }
    Ok(true)
}

/// Ends a daemon of another version, which understands no request of ours.
fn force_stop(process: Option<i32>, deadline: &Deadline) -> Result<(), Failure> {
    let failure = |message: &str| {
        let message = format!("the daemon is of another version, and {message}");
        Failure::new(ErrorCode::UNSUPPORTED_VERSION, message)
    };
    let process = process.ok_or_else(|| {
        failure("the system does not say which process it is").with_hint("end the process cp-tokend yourself")
    })?;
    system::terminate(process, deadline.remaining()).map_err(|_| {
        failure(&format!("its process {process} could not be ended"))
            .with_hint("end it yourself, or with the cp-token that was installed with it")
    })
}

fn restart() -> Result<(), Failure> {
    let deadline = Deadline::new(RESTART_TIMEOUT);
    let Some(connection) = connect_to_running(&deadline)? else { return start() };
    let process = connection.process();
    match connection.ask(&Request::Restart) {
        Ok(response) => print_done(response),
        Err(failure) => match failure.code {
            ErrorCode::MALFORMED_REQUEST => without_handover(&deadline),
            // On other systems no daemon hands over.
            ErrorCode::HANDOVER_FAILED if cfg!(not(target_os = "linux")) => without_handover(&deadline),
            ErrorCode::UNSUPPORTED_VERSION => by_signal(process, &deadline),
            _ => Err(failure),
        },
    }
}

/// The daemon speaks our protocol and does not know the request.
fn without_handover(deadline: &Deadline) -> Result<(), Failure> {
    let connection = client::connect(&ipc_address()?, deadline)?.ok_or_else(not_running)?;
    let report = status::report(connection)?;
    match status::secrets_lost(&report) {
        Some(loss) => {
            let message =
                format!("the daemon {} cannot hand over, and would have to stop: {loss}", report.version);
            Err(Failure::new(ErrorCode::HANDOVER_FAILED, message)
                .with_hint("to do it all the same, run: cp-token daemon stop --yes && cp-token daemon start"))
        }
        None => stop().and_then(|_| start()),
    }
}

/// For a daemon of another protocol version: the signal is always the same. A daemon that answers is the new one.
fn by_signal(process: Option<i32>, deadline: &Deadline) -> Result<(), Failure> {
    let address = ipc_address()?;
    let requested = process.map(system::request_upgrade);
    requested.and_then(Result::ok).ok_or_else(not_handed_over)?;
    while deadline.remaining().is_ok() {
        let connection = client::connect(&address, deadline).ok().flatten();
        if connection.is_some_and(|connection| print_started(connection, "took over").is_ok()) {
            return Ok(());
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    Err(not_handed_over())
}

fn not_handed_over() -> Failure {
    let message = "the daemon is of another version and did not hand over; it goes on as before";
    Failure::new(ErrorCode::UNSUPPORTED_VERSION, message).with_hint(
        "to go on without what only its memory holds, run: cp-token daemon stop --yes && cp-token daemon start",
    )
}
