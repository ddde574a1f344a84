//! Owns the start of a daemon if none listens: one at a time, and seldom if it keeps failing.

mod directory;
mod failures;
mod lock;
mod missing;
mod open_to_others;
mod process;

#[cfg_attr(unix, path = "launch/unix.rs")]
#[cfg_attr(windows, path = "launch/windows.rs")]
mod system;

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure, IpcAddress};

use crate::daemon::client::{self, Connection};
use crate::daemon::deadline::Deadline;
pub(crate) use process::{is_ours_alone, program as daemon_file};

use failures::RecentFailures;
use lock::StartLock;

/// A connection to the daemon that runs; if none does, to the one that is started for it.
pub(crate) fn connect_or_start<'d>(
    address: &IpcAddress,
    deadline: &'d Deadline,
) -> Result<Connection<'d>, Failure> {
    match client::connect(address, deadline)? {
        Some(connection) => Ok(connection),
        None => start(address, deadline),
    }
}

/// Connects to the daemon that runs; `None` if none does. Waits for a daemon that holds its lock and does not listen: it
/// is starting, ending, or creating its socket again. [`ErrorCode::DAEMON_UNAVAILABLE`] if it never listens.
pub(crate) fn connect_to_running<'d>(
    address: &IpcAddress,
    deadline: &'d Deadline,
) -> Result<Option<Connection<'d>>, Failure> {
    for _ in 0..CONNECT_ATTEMPTS {
        if let Some(connection) = client::connect(address, deadline)? {
            return Ok(Some(connection));
        }
        if !lock::is_held_by_a_daemon(address.folder()) {
            // The daemon may have created its socket and ended since.
            return client::connect(address, deadline);
        }
        deadline.remaining()?;
        std::thread::sleep(POLL_INTERVAL);
    }
    Err(not_reachable(address))
}

#[cold]
fn not_reachable(address: &IpcAddress) -> Failure {
    if let Some(other) = lock::named_socket(address.folder()).filter(|other| other != address.socket()) {
        let message = format!("the daemon of this folder listens at {}", other.display());
        return Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message).with_hint(
            "there is one daemon for each folder: set CP_TOKEN_SOCKET to that, or to a name in another folder",
        );
    }
    if cfg!(unix) && std::fs::symlink_metadata(address.socket()).is_ok() {
        let message = format!(
            "a daemon runs, and something else has the name of its socket, {}",
            address.socket().display()
        );
        return Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message)
            .with_hint("remove that: the daemon then makes its socket again");
    }
    let message = format!("a daemon runs, and its socket {} is gone", address.socket().display());
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message).with_hint(
        "it makes the socket again within half a minute; if not, end the process cp-tokend, which loses secrets that only its memory holds",
    )
}

/// How often, and how long after each other, it is looked for: longer than a daemon takes to leave.
const CONNECT_ATTEMPTS: u32 = 100;
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Starts a daemon unless somebody else has just done so, and connects to it.
#[cold]
pub(crate) fn start<'d>(address: &IpcAddress, deadline: &'d Deadline) -> Result<Connection<'d>, Failure> {
    directory::prepare(address)?;
    let lock = StartLock::acquire(address.folder(), deadline)?;
    if let Some(connection) = client::connect(address, deadline)? {
        return Ok(connection);
    }
    let program = process::program()?;
    let mut failures = RecentFailures::read(&lock, &process::start_conditions(&program, address));
    failures.require_attempt_left()?;
    let outcome = process::start_and_wait(&program, deadline);
    // A daemon that somebody else started in the meantime, a service manager say, serves as well.
    if let Some(connection) = client::connect(address, deadline)? {
        return Ok(connection);
    }
    let failure = outcome.err().unwrap_or_else(not_listening);
    failures.add(&failure);
    failures.write(&lock);
    Err(failure)
}

fn not_listening() -> Failure {
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "cp-tokend says that it is ready and does not listen")
        .with_hint("see that CP_TOKEN_SOCKET and XDG_RUNTIME_DIR are the same for both")
}

/// Does `work` on a thread of its own and gives its result, if it comes before the deadline.
fn run_until<T: Send + 'static>(
    deadline: &Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let limit = deadline.remaining()?;
    let (sender, receiver) = sync_channel(1);
    let thread = std::thread::Builder::new().spawn(move || {
        let _ = sender.send(work());
    });
    thread
        .map_err(|_| Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "the system gives out no more threads"))?;
    receiver.recv_timeout(limit).map_err(|error| match error {
        RecvTimeoutError::Timeout => deadline.passed(),
        RecvTimeoutError::Disconnected => Failure::new(ErrorCode::INTERNAL, "the waiting thread ended"),
    })
}
