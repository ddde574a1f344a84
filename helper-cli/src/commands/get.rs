//! Owns `cp-token get`: one request, one token, one line.

use cp_token_protocol::Failure;
use cp_token_protocol::message::Freshness;

use super::fetch_token::{TokenOptions, fetch_with};
use super::shared::{mention_variable, selector};
use crate::args::cli::get::GetOptions;
use crate::terminal::{output, prompt};

/// Fetches the token and prints it; on failure nothing is printed.
pub(crate) fn run(options: &GetOptions) -> Result<(), Failure> {
    let is_named = options.profile.is_some() || options.url.is_some();
    get(options).map_err(|failure| mention_variable(failure, is_named))
}

fn get(options: &GetOptions) -> Result<(), Failure> {
    let token_options = TokenOptions {
        freshness: freshness(options)?,
        min_validity: options.min_validity,
        accepts_basic: options.format.takes_basic(),
        timeout: options.timeout,
        retries: options.retry.then_some(true),
        may_start: !options.no_start,
        ..TokenOptions::of(selector(options.profile.as_ref(), options.url.as_deref())?)
    };
    fetch_with(token_options, |connection, request| {
        connection.ask_token(request, |view| output::print_token(view, options.format))
    })
}

fn freshness(options: &GetOptions) -> Result<Freshness, Failure> {
    if options.rejected {
        Ok(Freshness::Rejected(prompt::token_from_stdin()?))
    } else if options.fresh {
        Ok(Freshness::Fresh)
    } else {
        Ok(Freshness::Valid)
    }
}
