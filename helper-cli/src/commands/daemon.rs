//! Owns `cp-token daemon`: start, stop, restart, reload. How a daemon is started is `launch.rs`'s business.

#[cfg_attr(target_os = "linux", path = "daemon/linux.rs")]
#[cfg_attr(target_os = "macos", path = "daemon/macos.rs")]
#[cfg_attr(windows, path = "daemon/windows.rs")]
mod system;

mod restart;

use std::time::Duration;

use cp_token_protocol::message::Request;
use cp_token_protocol::{ErrorCode, Failure, IpcAddress};

use super::status;
use crate::args::cli::DaemonCommand;
use crate::commands::shared::{ask_running, ipc_address, not_running, print_done};
use crate::daemon::client::Connection;
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;
use crate::terminal::{output, prompt};

/// How long a start or a stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn run(command: DaemonCommand) -> Result<(), Failure> {
    let address = ipc_address()?;
    match command {
        DaemonCommand::Start => start(&address),
        DaemonCommand::Stop { yes } => {
            if !yes {
                confirm_stop(&address)?;
            }
            let said = if stop(&address)? { "cp-tokend is stopped" } else { "no daemon ran" };
            output::print_lines(&[said.to_owned()])
        }
        DaemonCommand::Restart => restart::run(&address),
        DaemonCommand::Reload => reload(),
    }
}

fn start(address: &IpcAddress) -> Result<(), Failure> {
    let deadline = Deadline::new(STOP_TIMEOUT);
    match launch::connect_to_running(address, &deadline)? {
        Some(connection) => print_started(connection, "runs already"),
        None => print_started(launch::start(address, &deadline)?, "is ready"),
    }
}

fn print_started(connection: Connection<'_>, state: &str) -> Result<(), Failure> {
    let report = status::report(connection)?;
    let line = format!("cp-tokend {} {state}, process {}, at {}", report.version, report.pid, report.socket);
    output::print_lines(&[line])
}

/// Passes if no secret would be lost, or a person agrees.
fn confirm_stop(address: &IpcAddress) -> Result<(), Failure> {
    let deadline = Deadline::new(STOP_TIMEOUT);
    let Some(connection) = launch::connect_to_running(address, &deadline)? else { return Ok(()) };
    // One of another version is stopped without words.
    let Ok(report) = status::report(connection) else { return Ok(()) };
    let Some(loss) = status::secrets_lost(&report) else { return Ok(()) };
    let question = format!("The daemon runs as process {}: {loss}. Stop it all the same?", report.pid);
    let not_done = format!("the daemon, process {}, was not stopped: {loss}", report.pid);
    prompt::require_confirmation(&question, &not_done, "stop it, and give the secret again afterwards")
}

/// Stops the daemon and waits until it holds nothing any more; whether one ran.
fn stop(address: &IpcAddress) -> Result<bool, Failure> {
    let deadline = Deadline::new(STOP_TIMEOUT);
    let Some(connection) = launch::connect_to_running(address, &deadline)? else { return Ok(false) };
    let process = connection.process();
    match connection.ask_until_closed(&Request::Stop) {
        Ok(_) => Ok(true),
        Err(failure) if failure.code == ErrorCode::UNSUPPORTED_VERSION => {
            force_stop(process, &deadline).map(|()| true)
        }
        Err(failure) => Err(failure),
    }
}

/// Ends a daemon of another version, which understands no request of ours.
fn force_stop(process: Option<i32>, deadline: &Deadline) -> Result<(), Failure> {
    let failure = |message: String| Failure::new(ErrorCode::UNSUPPORTED_VERSION, message);
    let process = process.ok_or_else(|| {
        failure(
            "the daemon is of another version, and the system does not say which process it is".to_owned(),
        )
        .with_hint("end the process cp-tokend yourself")
    })?;
    system::terminate(process, system::DAEMON, deadline.remaining()).map_err(|_| {
        failure(format!("the daemon is of another version, and its process {process} could not be ended"))
            .with_hint("end it yourself, or with the cp-token that was installed with it")
    })
}

fn reload() -> Result<(), Failure> {
    print_done(ask_running(&Request::Reload)?.ok_or_else(not_running)?)
}
