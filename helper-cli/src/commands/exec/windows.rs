//! Owns the plain answer that a token's file cannot be kept on Windows, which has no folder in memory.

use cp_token_protocol::{ErrorCode, Failure};

use super::ProgramLine;
use crate::commands::fetch_token::TokenOptions;

/// Fails: always [`ErrorCode::NOT_ON_THIS_MACHINE`].
pub(super) fn run(_: &ProgramLine<'_>, _: TokenOptions) -> Result<(), Failure> {
    let message =
        "--file needs a folder in memory, which Windows has none of, and a token never touches the disk";
    Err(Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message)
        .with_hint("leave --file out: the program finds the token in CP_TOKEN"))
}
