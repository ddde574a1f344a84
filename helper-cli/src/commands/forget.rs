//! Owns `cp-token forget`. It starts no daemon: without one there is no token to forget.

use cp_token_protocol::Failure;
use cp_token_protocol::message::{ForgetScope, Request};

use super::shared::{ask_running, print_done, selector};
use crate::args::cli::ForgetOptions;
use crate::terminal::output;

/// Drops live tokens.
pub(super) fn run(options: ForgetOptions) -> Result<(), Failure> {
    let scope = match options.all {
        true => ForgetScope::All,
        false => ForgetScope::Profile(selector(options.profile.as_ref(), None)?),
    };
    match ask_running(&Request::Forget(scope))? {
        Some(response) => print_done(response),
        None => output::print_lines(&["no daemon runs, so there is no token to forget".to_owned()]),
    }
}
