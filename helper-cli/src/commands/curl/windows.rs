//! Owns the plain answer that `cp-token curl` is not for Windows: its curl takes a header from a command line, which
//! every program can see, from a file on disk, or from standard input, which may be the command's own.

use cp_token_protocol::{ErrorCode, Failure};

use crate::args::cli::token::CurlOptions;

/// Fails: always [`ErrorCode::NOT_ON_THIS_MACHINE`].
pub(super) fn run(_: &CurlOptions) -> Result<(), Failure> {
    Err(Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, "cp-token curl does not run on Windows")
        .with_hint("pipe the header into it: cp-token get --format curl | curl -K - URL"))
}
