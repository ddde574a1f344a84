//! Owns `cp-token lock` and `cp-token unlock`. It asks for a passphrase only where the daemon has a use for one.

use cp_token_protocol::message::{LockRequest, Request};
use cp_token_protocol::{ErrorCode, Failure};

use super::status;
use crate::args::cli::LockOptions;
use crate::commands::shared::{REQUEST_TIMEOUT, ask};
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;
use crate::terminal::output;
use crate::terminal::prompt;

/// Locks now, or sets whether to lock when the machine is about to sleep.
///
/// # Errors
/// Why it is not locked.
pub(super) fn lock(options: LockOptions) -> Result<(), Failure> {
    if options.no_on_suspend {
        return not_on_suspend();
    }
    // Also where no daemon runs: one that is started later would answer.
    let deadline = Deadline::new(REQUEST_TIMEOUT);
    if status::report(launch::connect_or_start(&crate::commands::shared::ipc_address()?, &deadline)?)?.locked
    {
        return Err(locked_already());
    }
    let passphrase = prompt::new_passphrase(options.passphrase_stdin)?;
    let request = LockRequest { passphrase, on_suspend: options.on_suspend };
    crate::commands::shared::tell(ask(&Request::Lock(request))?)
}

/// Unlocks.
///
/// # Errors
/// Why it stays locked.
pub(super) fn unlock(from_stdin: bool) -> Result<(), Failure> {
    let deadline = Deadline::new(REQUEST_TIMEOUT);
    let Some(connection) = launch::connect_to_running(&crate::commands::shared::ipc_address()?, &deadline)?
    else {
        return output::print_lines(&["no daemon runs, so none is locked".to_owned()]);
    };
    if !status::report(connection)?.locked {
        return output::print_lines(&["cp-tokend is not locked".to_owned()]);
    }
    let passphrase = prompt::known_passphrase(from_stdin)?;
    crate::commands::shared::tell(ask(&Request::Unlock(passphrase))?)
}

fn not_on_suspend() -> Result<(), Failure> {
    let deadline = Deadline::new(REQUEST_TIMEOUT);
    match launch::connect_to_running(&crate::commands::shared::ipc_address()?, &deadline)? {
        Some(connection) => crate::commands::shared::tell(connection.ask(&Request::DisarmSuspendLock)?),
        None => output::print_lines(&["no daemon runs, so none locks".to_owned()]),
    }
}

/// In the daemon's own words, but before a passphrase is asked for in vain.
#[cold]
fn locked_already() -> Failure {
    let message = "cp-tokend is locked already, and the passphrase is still the first one";
    Failure::new(ErrorCode::LOCKED, message)
        .with_hint("to lock it with another one, run `cp-token unlock` first")
}
