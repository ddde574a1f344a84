//! Owns `cp-token daemon restart`: an upgrade of the running process, or a stop and a start if no secret is lost by it.

use std::time::Duration;

use cp_token_protocol::message::Request;
use cp_token_protocol::{ErrorCode, Failure, IpcAddress};

use super::{print_started, start, status, stop, system};
use crate::commands::shared::{not_running, print_done};
use crate::daemon::deadline::Deadline;
use crate::daemon::{client, launch};

/// The daemon waits for pending token requests, and serves meanwhile.
const RESTART_TIMEOUT: Duration = Duration::from_secs(90);

/// Runs the command and prints the result in one line.
pub(super) fn run(address: &IpcAddress) -> Result<(), Failure> {
    let deadline = Deadline::new(RESTART_TIMEOUT);
    let Some(connection) = launch::connect_to_running(address, &deadline)? else { return start(address) };
    let process = connection.process();
    match connection.ask(&Request::Restart) {
        Ok(response) => print_done(response),
        Err(failure) => match failure.code {
            ErrorCode::MALFORMED_REQUEST => without_handover(address, &deadline),
            // On other systems no daemon hands over.
            ErrorCode::HANDOVER_FAILED if cfg!(not(target_os = "linux")) => {
                without_handover(address, &deadline)
            }
            ErrorCode::UNSUPPORTED_VERSION => by_signal(address, process, &deadline),
            _ => Err(failure),
        },
    }
}

/// The daemon speaks our protocol and does not know the request.
fn without_handover(address: &IpcAddress, deadline: &Deadline) -> Result<(), Failure> {
    let connection = client::connect(address, deadline)?.ok_or_else(not_running)?;
    let report = status::report(connection)?;
    match status::secrets_lost(&report) {
        Some(loss) => Err(not_without_loss(&report.version, &loss)),
        None => stop(address).and_then(|_| start(address)),
    }
}

fn not_without_loss(version: &str, loss: &str) -> Failure {
    let message = format!("the daemon {version} cannot hand over, and would have to stop: {loss}");
    Failure::new(ErrorCode::HANDOVER_FAILED, message)
        .with_hint("to do it all the same, run: cp-token daemon stop --yes && cp-token daemon start")
}

/// For a daemon of another protocol version: the signal is always the same. A daemon that answers is the new one.
fn by_signal(address: &IpcAddress, process: Option<i32>, deadline: &Deadline) -> Result<(), Failure> {
    let requested = process.map(|process| system::request_upgrade(process, system::DAEMON));
    requested.and_then(Result::ok).ok_or_else(not_handed_over)?;
    while deadline.remaining().is_ok() {
        let connection = client::connect(address, deadline).ok().flatten();
        if connection.is_some_and(|connection| print_started(connection, "took over").is_ok()) {
            return Ok(());
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    Err(not_handed_over())
}

const POLL_INTERVAL: Duration = Duration::from_millis(50);

fn not_handed_over() -> Failure {
    let message = "the daemon is of another version and did not hand over; it goes on as before";
    Failure::new(ErrorCode::UNSUPPORTED_VERSION, message).with_hint(
        "to go on without what only its memory holds, run: cp-token daemon stop --yes && cp-token daemon start",
    )
}
