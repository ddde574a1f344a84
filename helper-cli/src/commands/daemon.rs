//! Owns `cp-token daemon`: start, stop, restart, reload. How a daemon is started is `launch.rs`'s business.

use std::time::Duration;

use cp_token_protocol::message::Request;
use cp_token_protocol::{Failure, IpcAddress};

use super::{PATIENCE, status};
use crate::cli::DaemonCommand;
use crate::client::{self, Connection};
use crate::deadline::Deadline;
use crate::{launch, output};

/// How long a start or a stop may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Does it and says in one line what came of it.
///
/// # Errors
/// Why it was not done.
pub(super) fn run(command: DaemonCommand) -> Result<(), Failure> {
    let address = super::meeting_place()?;
    match command {
        DaemonCommand::Start => start(&address),
        DaemonCommand::Stop => {
            let said = if stop(&address)? { "cp-tokend is stopped" } else { "no daemon ran" };
            output::print_lines(&[said.to_owned()])
        }
        DaemonCommand::Restart => stop(&address).and_then(|_| start(&address)),
        DaemonCommand::Reload => reload(&address),
    }
}

fn start(address: &IpcAddress) -> Result<(), Failure> {
    let deadline = Deadline::new(LIMIT);
    match client::connect(address, &deadline)? {
        Some(connection) => introduce(connection, "runs already"),
        None => introduce(launch::start(address, &deadline)?, "is ready"),
    }
}

fn introduce(connection: Connection<'_>, state: &str) -> Result<(), Failure> {
    let report = status::report(connection)?;
    let line = format!("cp-tokend {} {state}, process {}, at {}", report.version, report.pid, report.socket);
    output::print_lines(&[line])
}

/// Stops the daemon and waits until it holds nothing any more; whether one ran.
fn stop(address: &IpcAddress) -> Result<bool, Failure> {
    let deadline = Deadline::new(LIMIT);
    match client::connect(address, &deadline)? {
        Some(connection) => connection.ask_and_wait_for_the_end(&Request::Stop).map(|_| true),
        None => Ok(false),
    }
}

fn reload(address: &IpcAddress) -> Result<(), Failure> {
    let deadline = Deadline::new(PATIENCE);
    let connection = client::connect(address, &deadline)?.ok_or_else(super::not_running)?;
    super::tell(connection.ask(&Request::Reload)?)
}
