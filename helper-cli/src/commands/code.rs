//! Owns the second attempt with a one-time code, after the daemon answered that it needs one.

use cp_token_protocol::message::{
    AccessTokenRequest, ProfileCreate, ProfileResetSecret, ProfileUpdate, Request, Response,
};
use cp_token_protocol::{ErrorCode, Failure, Secret};

use super::shared;
use crate::terminal::prompt;
use crate::terminal::sanitize::sanitize;

/// Sends the request, and once more with a code if the daemon needs one.
pub(super) fn ask(request: &mut Request) -> Result<Response, Failure> {
    retry_with_code(request, true, |request| shared::ask(request))
}

/// Makes an attempt, and a second one with a code if the daemon needs one and a person may be asked.
pub(super) fn retry_with_code<T>(
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
