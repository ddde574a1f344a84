//! Owns how commands get a token: start the daemon if that is allowed, retry, and ask a person for a one-time code.

use std::time::Duration;

use cp_token_protocol::message::{
    AccessTokenRequest, Freshness, ProfileCreate, ProfileResetSecret, ProfileSelector, ProfileUpdate,
    Request, Response, TokenResponse,
};
use cp_token_protocol::{ErrorCode, Failure, Secret};

use super::retry::RetryPolicy;
use super::shared::{self, connection_for_token, selector, to_milliseconds};
use crate::args::cli::token::{TokenArgs, WaitArgs};
use crate::daemon::client::{Connection, content_of};
use crate::daemon::deadline::Deadline;
use crate::terminal::{prompt, sanitize};

/// A request for a token, and what may be done to get it.
pub(super) struct TokenOptions {
    pub(super) request: AccessTokenRequest,
    /// The timeout of all attempts together; absent: the default.
    pub(super) timeout: Option<Duration>,
    /// Whether to retry during outages; absent: as `CP_TOKEN_RETRY` says.
    pub(super) retries: Option<bool>,
    pub(super) may_start: bool,
    /// Whether a person may be asked for a one-time code.
    pub(super) may_ask: bool,
}

impl TokenOptions {
    /// Any valid token of that profile, with default timeouts.
    pub(super) fn of(profile: ProfileSelector) -> Self {
        let request = AccessTokenRequest {
            profile,
            freshness: Freshness::Valid,
            min_validity_ms: None,
            timeout_ms: 0,
            code: None,
            accepts_basic: false,
            retries: false,
        };
        Self { request, timeout: None, retries: None, may_start: true, may_ask: true }
    }

    /// Any valid token that lives as long as the options demand; [`ErrorCode::USAGE`] if `CP_TOKEN_PROFILE` is no name.
    pub(super) fn from_args(args: &TokenArgs) -> Result<Self, Failure> {
        let mut options = Self::of(selector(args.profile.as_ref(), args.url.as_deref())?);
        options.request.min_validity_ms = args.min_validity.map(to_milliseconds);
        Ok(options.waiting(&args.wait))
    }

    pub(super) fn waiting(self, wait: &WaitArgs) -> Self {
        Self { timeout: wait.timeout, retries: wait.retry.then_some(true), ..self }
    }
}

pub(super) fn fetch(options: TokenOptions) -> Result<TokenResponse, Failure> {
    fetch_with(options, |connection, request| content_of!(connection.ask(request)?, Token))
}

/// Fetches a token; `exchange` sends the request and handles the response.
pub(super) fn fetch_with<T>(
    options: TokenOptions,
    exchange: impl Fn(Connection<'_>, &Request) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let policy = RetryPolicy::new(options.timeout, options.retries)?;
    let request = AccessTokenRequest { retries: policy.retries, ..options.request };
    retry_with_code(&mut Request::AccessToken(request), options.may_ask, |request| {
        let deadline = Deadline::new(policy.timeout);
        policy.run(&deadline, || {
            exchange(connection_for_token(request, &deadline, options.may_start)?, request)
        })
    })
}

/// Sends the request, and once more with a code if the daemon needs one.
pub(super) fn ask_with_code(request: &mut Request) -> Result<Response, Failure> {
    retry_with_code(request, true, |request| shared::ask(request))
}

/// Makes an attempt, and a second one with a code if the daemon needs one and a person may be asked.
fn retry_with_code<T>(
    request: &mut Request,
    may_ask: bool,
    mut attempt: impl FnMut(&mut Request) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match attempt(request) {
        Err(needed) if needed.code == ErrorCode::CODE_NEEDED && may_ask => {
            set_code(request, prompt::one_time_code(&question(&needed), needed)?);
            attempt(request)
        }
        outcome => outcome,
    }
}

/// The question to a person; if the current code was already used, it says when the next one comes.
#[cold]
fn question(needed: &Failure) -> String {
    let message = sanitize(&needed.message);
    match needed.retry_after_ms {
        Some(wait) => format!("{message}. The next one, which comes in {} s", wait.div_ceil(1000)),
        None => format!("{message}. The code"),
    }
}

#[cold]
fn set_code(request: &mut Request, new: Secret) {
    if let Request::AccessToken(AccessTokenRequest { code, .. })
    | Request::ProfileCreate(ProfileCreate { code, .. })
    | Request::ProfileUpdate(ProfileUpdate { code, .. })
    | Request::ProfileResetSecret(ProfileResetSecret { code, .. }) = request
    {
        *code = Some(new);
    }
}
