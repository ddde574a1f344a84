//! Owns `cp-token forget`. It starts no daemon: without one there is no token to forget.

use cp_token_protocol::message::{ForgetScope, Request};
use cp_token_protocol::{Failure, ProfileName};

use super::shared::{ask_running, print_done, selector};
use crate::terminal::output;

pub(super) fn run(profile: Option<&ProfileName>, all: bool) -> Result<(), Failure> {
    let scope = match all {
        true => ForgetScope::All,
        false => ForgetScope::Profile(selector(profile, None)?),
    };
    match ask_running(&Request::Forget(scope))? {
        Some(response) => print_done(response),
        None => output::print_line("no daemon runs, so there is no token to forget"),
    }
}
