//! Owns how commands get a token: start the daemon if that is allowed, retry, and ask a person for a one-time code.

use std::time::Duration;

use cp_token_protocol::Failure;
use cp_token_protocol::message::{AccessTokenRequest, Freshness, ProfileSelector, Request, TokenResponse};

use super::code;
use super::retry::RetryPolicy;
use super::shared::{connection_for_token, to_milliseconds};
use crate::daemon::client::{Connection, content_of};
use crate::daemon::deadline::Deadline;

/// Which token is requested, and what may be done to get it.
pub(super) struct TokenOptions {
    pub(super) profile: ProfileSelector,
    pub(super) freshness: Freshness,
    /// The minimum remaining life; absent: the daemon's own margin.
    pub(super) min_validity: Option<Duration>,
    /// Whether a user name and password are accepted instead of a token.
    pub(super) accepts_basic: bool,
    /// The timeout of all attempts together; absent: the default.
    pub(super) timeout: Option<Duration>,
    /// Whether to retry during outages; absent: as `CP_TOKEN_RETRY` says.
    pub(super) retries: Option<bool>,
    /// Whether the daemon is started if none runs.
    pub(super) may_start: bool,
    /// Whether a person may be asked for a one-time code.
    pub(super) may_ask: bool,
}

impl TokenOptions {
    /// Any valid token of that profile, with default timeouts.
    pub(super) fn of(profile: ProfileSelector) -> Self {
        Self {
            profile,
            freshness: Freshness::Valid,
            min_validity: None,
            accepts_basic: false,
            timeout: None,
            retries: None,
            may_start: true,
            may_ask: true,
        }
    }

    pub(super) fn into_request(self, retries: bool) -> Request {
        Request::AccessToken(AccessTokenRequest {
            profile: self.profile,
            freshness: self.freshness,
            min_validity_ms: self.min_validity.map(to_milliseconds),
            timeout_ms: 0,
            code: None,
            accepts_basic: self.accepts_basic,
            retries,
        })
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
    let (may_start, may_ask) = (options.may_start, options.may_ask);
    code::retry_with_code(&mut options.into_request(policy.retries), may_ask, |request| {
        let deadline = Deadline::new(policy.timeout);
        policy.run(&deadline, || exchange(connection_for_token(request, &deadline, may_start)?, request))
    })
}
