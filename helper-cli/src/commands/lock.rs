//! Owns `cp-token lock` and `cp-token unlock`. It asks for a passphrase only if the daemon needs one.

use cp_token_protocol::message::{LockRequest, Request};
use cp_token_protocol::{ErrorCode, Failure};

use super::shared::{ask, ask_running, print_done};
use crate::args::cli::LockOptions;
use crate::daemon::client::content_of;
use crate::terminal::{output, prompt};

/// Locks now, or sets whether to lock when the machine is about to sleep.
pub(super) fn lock(options: LockOptions) -> Result<(), Failure> {
    if options.no_on_suspend {
        return match ask_running(&Request::DisarmSuspendLock)? {
            Some(response) => print_done(response),
            None => output::print_lines(&["no daemon runs, so none locks".to_owned()]),
        };
    }
    // A daemon is started if none runs: one that is started later would not be locked.
    if content_of!(ask(&Request::Status)?, Status)?.locked {
        return Err(already_locked());
    }
    let passphrase = prompt::new_passphrase(options.passphrase_stdin)?;
    print_done(ask(&Request::Lock(LockRequest { passphrase, on_suspend: options.on_suspend }))?)
}

pub(super) fn unlock(from_stdin: bool) -> Result<(), Failure> {
    let Some(response) = ask_running(&Request::Status)? else {
        return output::print_lines(&["no daemon runs, so none is locked".to_owned()]);
    };
    if !content_of!(response, Status)?.locked {
        return output::print_lines(&["cp-tokend is not locked".to_owned()]);
    }
    print_done(ask(&Request::Unlock(prompt::known_passphrase(from_stdin)?))?)
}

/// The daemon's own message, before a person is asked for a passphrase in vain.
#[cold]
fn already_locked() -> Failure {
    let message = "cp-tokend is locked already, and the passphrase is still the first one";
    Failure::new(ErrorCode::LOCKED, message)
        .with_hint("to lock it with another one, run `cp-token unlock` first")
}
