//! Owns how the commands beside `get` come to a token: asked for as `get` does, one-time code included, and kept
//! where it is wiped after use.

use std::time::Duration;

use cp_token_protocol::message::{
    AccessTokenRequest, Freshness, ProfileSelector, Request, Response, TokenResponse,
};
use cp_token_protocol::{ErrorCode, Failure};

use super::retry::RetryPolicy;
use crate::daemon::client;
use crate::daemon::deadline::Deadline;
use crate::terminal::prompt;

/// What kind of token is wanted, and how much may be done for it.
pub(super) struct TokenOptions {
    /// Whose.
    pub(super) profile: ProfileSelector,
    /// Which one is good enough.
    pub(super) demand: Freshness,
    /// The life that it must have left; absent: the daemon's own margin.
    pub(super) min_validity: Option<Duration>,
    /// Whether a user name and password will do instead.
    pub(super) accepts_basic: bool,
    /// How long all of it may take; absent: as long as is usual.
    pub(super) timeout: Option<Duration>,
    /// Whether outages are waited out; absent: as the environment has it.
    pub(super) retries: Option<bool>,
    /// Whether a daemon is started where none runs.
    pub(super) may_start: bool,
    /// Whether a person may be asked for a one-time code.
    pub(super) may_ask: bool,
}

impl TokenOptions {
    /// Any token of that profile, at the usual retry.
    pub(super) fn of(profile: ProfileSelector) -> Self {
        Self {
            profile,
            demand: Freshness::Valid,
            min_validity: None,
            accepts_basic: false,
            timeout: None,
            retries: None,
            may_start: true,
            may_ask: true,
        }
    }
}

/// The token.
///
/// # Errors
/// Why there is none.
pub(super) fn fetch(wanted: TokenOptions) -> Result<TokenResponse, Failure> {
    let TokenOptions { may_start, may_ask, .. } = wanted;
    let mut retry = RetryPolicy::of(wanted.timeout, wanted.retries.unwrap_or_default())?;
    retry.retries &= wanted.retries.unwrap_or(true);
    let mut request = Request::AccessToken(AccessTokenRequest {
        profile: wanted.profile,
        demand: wanted.demand,
        min_validity_ms: wanted.min_validity.map(crate::commands::shared::milliseconds),
        timeout_ms: 0,
        code: None,
        accepts_basic: wanted.accepts_basic,
        retries: retry.retries,
    });
    match ask(&mut request, &retry, may_start) {
        Err(needed) if needed.code == ErrorCode::CODE_NEEDED && may_ask => {
            super::code::put(&mut request, prompt::one_time_code(&super::code::question(&needed), needed)?);
            ask(&mut request, &retry, may_start)
        }
        outcome => outcome,
    }
}

fn ask(request: &mut Request, retry: &RetryPolicy, may_start: bool) -> Result<TokenResponse, Failure> {
    let deadline = Deadline::new(retry.limit);
    retry.ask(&deadline, || ask_once(request, &deadline, may_start))
}

fn ask_once(request: &mut Request, deadline: &Deadline, may_start: bool) -> Result<TokenResponse, Failure> {
    let connection = crate::commands::shared::connection_for_token(request, deadline, may_start)?;
    match connection.ask(request)? {
        Response::Token(token) => Ok(token),
        other @ (Response::Working
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Profile(_)
        | Response::Done(_)
        | Response::Failure(_)
        | Response::Log(_)
        | Response::Findings(_)) => Err(client::unexpected(&other)),
    }
}
