//! Owns how the commands beside `get` come to a token: asked for as `get` does, one-time code included, and kept
//! where it is wiped after use.

use std::time::Duration;

use cp_token_protocol::message::{
    AccessTokenRequest, Demand, ProfileSelector, Request, Response, TokenGrant,
};
use cp_token_protocol::{ErrorCode, Failure};

use crate::deadline::Deadline;
use crate::{client, prompt};

/// How long another program waits for its token, unless it says otherwise.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What kind of token is wanted, and how much may be done for it.
pub(super) struct Wanted {
    /// Whose.
    pub(super) profile: ProfileSelector,
    /// Which one is good enough.
    pub(super) demand: Demand,
    /// The life that it must have left; absent: the daemon's own margin.
    pub(super) min_validity: Option<Duration>,
    /// Whether a user name and password will do instead.
    pub(super) accepts_basic: bool,
    /// How long all of it may take.
    pub(super) timeout: Duration,
    /// Whether a daemon is started where none runs.
    pub(super) may_start: bool,
}

impl Wanted {
    /// Any token of that profile, at the usual patience.
    pub(super) fn of(profile: ProfileSelector) -> Self {
        Self {
            profile,
            demand: Demand::Valid,
            min_validity: None,
            accepts_basic: false,
            timeout: PATIENCE,
            may_start: true,
        }
    }
}

/// The token.
///
/// # Errors
/// Why there is none.
pub(super) fn grant(wanted: Wanted) -> Result<TokenGrant, Failure> {
    let Wanted { timeout, may_start, .. } = wanted;
    let mut request = request_for(wanted);
    match ask(&mut request, timeout, may_start) {
        Err(needed) if needed.code == ErrorCode::CODE_NEEDED => {
            super::code::put(&mut request, prompt::one_time_code(&super::code::question(&needed), needed)?);
            ask(&mut request, timeout, may_start)
        }
        outcome => outcome,
    }
}

/// The token, where no person has to be asked for it: another program has the terminal.
///
/// # Errors
/// Why there is none.
pub(super) fn grant_quietly(wanted: Wanted) -> Result<TokenGrant, Failure> {
    let Wanted { timeout, may_start, .. } = wanted;
    ask(&mut request_for(wanted), timeout, may_start)
}

fn request_for(wanted: Wanted) -> Request {
    Request::AccessToken(AccessTokenRequest {
        profile: wanted.profile,
        demand: wanted.demand,
        min_validity_ms: wanted.min_validity.map(super::milliseconds),
        timeout_ms: 0,
        code: None,
        accepts_basic: wanted.accepts_basic,
    })
}

fn ask(request: &mut Request, timeout: Duration, may_start: bool) -> Result<TokenGrant, Failure> {
    let deadline = Deadline::new(timeout);
    let connection = super::connection_for_token(request, &deadline, may_start)?;
    match connection.ask(request)? {
        Response::Token(grant) => Ok(grant),
        other @ (Response::Working
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Done(_)
        | Response::Failure(_)) => Err(client::unexpected(&other)),
    }
}
