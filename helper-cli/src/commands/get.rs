//! Owns `cp-token get`: one question, one token, one line.

use cp_token_protocol::message::{AccessTokenRequest, Freshness, Request};
use cp_token_protocol::{ErrorCode, Failure};

use super::retry::RetryPolicy;
use crate::args::cli::get::GetOptions;
use crate::daemon::deadline::Deadline;
use crate::terminal::output;
use crate::terminal::prompt;

/// Gets the token and prints it.
///
/// # Errors
/// Why there is none; nothing is printed then.
pub(crate) fn run(options: &GetOptions) -> Result<(), Failure> {
    let is_named = options.profile.is_some() || options.url.is_some();
    get(options).map_err(|failure| crate::commands::shared::mention_variable(failure, is_named))
}

fn get(options: &GetOptions) -> Result<(), Failure> {
    let retry = RetryPolicy::of(options.timeout, options.retry)?;
    let profile = crate::commands::shared::selector(options.profile.as_ref(), options.url.as_deref())?;
    let mut request = Request::AccessToken(AccessTokenRequest {
        profile,
        demand: demand(options)?,
        min_validity_ms: options.min_validity.map(crate::commands::shared::milliseconds),
        timeout_ms: 0,
        code: None,
        accepts_basic: options.format.takes_basic(),
        retries: retry.retries,
    });
    match ask(&mut request, options, &retry) {
        Err(needed) if needed.code == ErrorCode::CODE_NEEDED => {
            ask_with_code(request, options, &retry, needed)
        }
        outcome => outcome,
    }
}

fn ask(request: &mut Request, options: &GetOptions, retry: &RetryPolicy) -> Result<(), Failure> {
    let deadline = Deadline::new(retry.limit);
    retry.ask(&deadline, || ask_once(request, options, &deadline))
}

fn ask_once(request: &mut Request, options: &GetOptions, deadline: &Deadline) -> Result<(), Failure> {
    let connection = crate::commands::shared::connection_for_token(request, deadline, !options.no_start)?;
    connection.ask_token(request, |view| output::print_token(view, options.format))
}

/// A person needs time of their own, so the time allowed starts anew.
#[cold]
fn ask_with_code(
    mut request: Request,
    options: &GetOptions,
    retry: &RetryPolicy,
    needed: Failure,
) -> Result<(), Failure> {
    super::code::put(&mut request, prompt::one_time_code(&super::code::question(&needed), needed)?);
    ask(&mut request, options, retry)
}

fn demand(options: &GetOptions) -> Result<Freshness, Failure> {
    if options.rejected {
        Ok(Freshness::Rejected(prompt::token_from_stdin()?))
    } else if options.fresh {
        Ok(Freshness::Fresh)
    } else {
        Ok(Freshness::Valid)
    }
}
