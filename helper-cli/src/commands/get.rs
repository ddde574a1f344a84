//! Owns `cp-token get`: one request, one token, one line.

use cp_token_protocol::Failure;
use cp_token_protocol::message::Freshness;

use super::fetch_token::{TokenOptions, fetch_with};
use super::shared::mention_variable;
use crate::args::cli::token::GetOptions;
use crate::terminal::{output, prompt};

/// Fetches the token and prints it; on failure nothing is printed.
pub(crate) fn run(options: &GetOptions) -> Result<(), Failure> {
    mention_variable(get(options), options.token.is_named())
}

fn get(options: &GetOptions) -> Result<(), Failure> {
    let freshness = freshness(options)?;
    let mut token_options = TokenOptions::from_args(&options.token)?;
    token_options.may_start = !options.no_start;
    token_options.request.freshness = freshness;
    token_options.request.accepts_basic = options.format.takes_basic();
    fetch_with(token_options, |connection, request| {
        connection.ask_token(request, |view| output::print_token(view, options.format))
    })
}

fn freshness(options: &GetOptions) -> Result<Freshness, Failure> {
    match options.rejected {
        true => prompt::token_from_stdin().map(Freshness::Rejected),
        false => Ok(if options.fresh { Freshness::Fresh } else { Freshness::Valid }),
    }
}
