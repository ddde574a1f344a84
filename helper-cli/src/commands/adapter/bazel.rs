//! Owns `cp-token bazel`.

use cp_token_protocol::Failure;

use crate::adapters::{basic, bazel};
use crate::args::cli::{BazelOperation, BazelOptions};
use crate::terminal::output;

/// Prints the header for the URI on standard input.
pub(in crate::commands) fn run(options: BazelOptions) -> Result<(), Failure> {
    let BazelOperation::Get = options.operation;
    let url = bazel::question(super::read_input()?.expose())?;
    let accepts_basic = !basic::is_refused_at(&url.path);
    let selector = super::for_origin(url.origin, options.profile, None)?;
    let token = super::fetch(selector, accepts_basic)?;
    output::print(&[&bazel::answer(&token)?])
}
