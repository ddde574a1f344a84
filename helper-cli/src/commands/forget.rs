//! Owns `cp-token forget`. It starts no daemon: where none runs there is nothing to forget.

use cp_token_protocol::Failure;
use cp_token_protocol::message::{ForgetScope, Request};

use crate::args::cli::ForgetOptions;
use crate::commands::shared::REQUEST_TIMEOUT;
use crate::daemon::deadline::Deadline;
use crate::daemon::launch;
use crate::terminal::output;

/// Drops live tokens.
///
/// # Errors
/// Why they are not dropped.
pub(super) fn run(options: ForgetOptions) -> Result<(), Failure> {
    let scope = if options.all {
        ForgetScope::All
    } else {
        ForgetScope::Profile(crate::commands::shared::selector(options.profile.as_ref(), None)?)
    };
    let deadline = Deadline::new(REQUEST_TIMEOUT);
    match launch::connect_to_running(&crate::commands::shared::ipc_address()?, &deadline)? {
        Some(connection) => crate::commands::shared::tell(connection.ask(&Request::Forget(scope))?),
        None => output::print_lines(&["no daemon runs, so there is no token to forget".to_owned()]),
    }
}
