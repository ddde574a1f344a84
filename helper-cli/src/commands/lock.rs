//! Owns `cp-token lock`, `unlock` and `forget`. It asks for a passphrase only if the daemon needs one.

use cp_token_protocol::message::{ForgetScope, LockRequest, Request};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::shared::{ask, ask_running, print_done, selector};
use super::status;
use crate::args::cli::command::LockOptions;
use crate::daemon::client::content_of;
use crate::terminal::{output, prompt};

/// Locks now, or sets whether to lock when the machine is about to sleep.
pub(super) fn lock(options: LockOptions) -> Result<(), Failure> {
    if options.no_on_suspend {
        return match ask_running(&Request::DisarmSuspendLock)? {
            Some(response) => print_done(response),
            None => output::print_line("no daemon runs, so none locks"),
        };
    }
    // A daemon is started if none runs: one that is started later would not be locked.
    if content_of!(ask(&Request::Status)?, Status)?.locked {
        // The daemon's own message, before a person is asked for a passphrase in vain.
        let message = "cp-tokend is locked already, and the passphrase is still the first one";
        return Err(Failure::new(ErrorCode::LOCKED, message)
            .with_hint("to lock it with another one, run `cp-token unlock` first"));
    }
    let passphrase = prompt::new_passphrase(options.passphrase_stdin)?;
    print_done(ask(&Request::Lock(LockRequest { passphrase, on_suspend: options.on_suspend }))?)
}

pub(super) fn unlock(from_stdin: bool) -> Result<(), Failure> {
    match status::of_running()? {
        None => output::print_line("no daemon runs, so none is locked"),
        Some(status) if !status.locked => output::print_line("cp-tokend is not locked"),
        Some(_) => print_done(ask(&Request::Unlock(prompt::known_passphrase(from_stdin)?))?),
    }
}

/// Drops live tokens. It starts no daemon: without one there is no token to forget.
pub(super) fn forget(profile: Option<&ProfileName>, all: bool) -> Result<(), Failure> {
    let scope = match all {
        true => ForgetScope::All,
        false => ForgetScope::Profile(selector(profile, None)?),
    };
    match ask_running(&Request::Forget(scope))? {
        Some(response) => print_done(response),
        None => output::print_line("no daemon runs, so there is no token to forget"),
    }
}
