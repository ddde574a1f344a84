//! Owns `cp-token bazel`.

use cp_token_protocol::Failure;

use super::super::grant;
use crate::adapters::{basic, bazel};
use crate::cli::{BazelOperation, BazelOptions};
use crate::output;

/// Prints the header for the URI on standard input.
///
/// # Errors
/// Why there is none; a URI that is not ours is a failure, too.
pub(in crate::commands) fn run(options: BazelOptions) -> Result<(), Failure> {
    let BazelOperation::Get = options.operation;
    let url = bazel::question(super::input()?.expose())?;
    let accepts_basic = !basic::is_refused_at(&url.path);
    let selector = super::for_origin(url.origin, options.profile, None)?;
    let grant = grant::grant(super::wanted(selector, accepts_basic))?;
    output::print(&[&bazel::answer(&grant)?])
}
