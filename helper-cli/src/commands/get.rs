//! Owns `cp-token get`: one question, one token, one line.

use std::time::Duration;

use cp_token_protocol::message::{AccessTokenRequest, Demand, Request};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::patience::Patience;
use crate::deadline::Deadline;
use crate::output::{self, Format};
use crate::prompt;

/// What to get, and how.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub(crate) struct GetOptions {
    /// The profile; else $CP_TOKEN_PROFILE, else the default, else the only one
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse, conflicts_with = "url")]
    pub(crate) profile: Option<ProfileName>,
    /// The profile whose request URL has exactly this scheme, host and port
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// What to print
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "token")]
    pub(crate) format: Format,
    /// The token must live at least this long (90s, 2m) [default: a margin from its observed life]
    #[arg(long, value_name = "DURATION", value_parser = crate::duration::life)]
    pub(crate) min_validity: Option<Duration>,
    /// Standard input holds a token that the API answered 401 to: print another one
    #[arg(long, conflicts_with = "fresh")]
    pub(crate) rejected: bool,
    /// Drop the current token and fetch a new one
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Give up after this long in all, with exit code 75 [default: 30s, or 15m with --retry]
    #[arg(long, value_name = "DURATION", value_parser = crate::duration::limit)]
    pub(crate) timeout: Option<Duration>,
    /// Wait out failures of the server and the network, and pauses that the server asks for
    #[arg(long)]
    pub(crate) retry: bool,
    /// Do not start a daemon where none runs
    #[arg(long)]
    pub(crate) no_start: bool,
}

impl Default for GetOptions {
    fn default() -> Self {
        Self {
            profile: None,
            url: None,
            format: Format::Token,
            min_validity: None,
            rejected: false,
            fresh: false,
            timeout: None,
            retry: false,
            no_start: false,
        }
    }
}

/// Gets the token and prints it.
///
/// # Errors
/// Why there is none; nothing is printed then.
pub(crate) fn run(options: &GetOptions) -> Result<(), Failure> {
    let is_named = options.profile.is_some() || options.url.is_some();
    get(options).map_err(|failure| super::by_variable(failure, is_named))
}

fn get(options: &GetOptions) -> Result<(), Failure> {
    let patience = Patience::of(options.timeout, options.retry)?;
    let profile = super::selector(options.profile.as_ref(), options.url.as_deref())?;
    let mut request = Request::AccessToken(AccessTokenRequest {
        profile,
        demand: demand(options)?,
        min_validity_ms: options.min_validity.map(super::milliseconds),
        timeout_ms: 0,
        code: None,
        accepts_basic: options.format.takes_basic(),
        retries: patience.retries,
    });
    match ask(&mut request, options, &patience) {
        Err(needed) if needed.code == ErrorCode::CODE_NEEDED => {
            ask_with_code(request, options, &patience, needed)
        }
        outcome => outcome,
    }
}

fn ask(request: &mut Request, options: &GetOptions, patience: &Patience) -> Result<(), Failure> {
    let deadline = Deadline::new(patience.limit);
    patience.ask(&deadline, || ask_once(request, options, &deadline))
}

fn ask_once(request: &mut Request, options: &GetOptions, deadline: &Deadline) -> Result<(), Failure> {
    let connection = super::connection_for_token(request, deadline, !options.no_start)?;
    connection.ask_token(request, |view| output::print_token(view, options.format))
}

/// A person needs time of their own, so the time allowed starts anew.
#[cold]
fn ask_with_code(
    mut request: Request,
    options: &GetOptions,
    patience: &Patience,
    needed: Failure,
) -> Result<(), Failure> {
    super::code::put(&mut request, prompt::one_time_code(&super::code::question(&needed), needed)?);
    ask(&mut request, options, patience)
}

fn demand(options: &GetOptions) -> Result<Demand, Failure> {
    if options.rejected {
        Ok(Demand::Rejected(prompt::token_from_stdin()?))
    } else if options.fresh {
        Ok(Demand::Fresh)
    } else {
        Ok(Demand::Valid)
    }
}
