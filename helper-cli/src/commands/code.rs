//! Owns the second asking with a one-time code, after the daemon has said that it needs one.

use cp_token_protocol::message::{Request, Response};
use cp_token_protocol::{ErrorCode, Failure, Secret};

use crate::terminal::prompt;
use crate::terminal::sanitize::sanitize;

/// Asks the daemon, and once more with a code where it says that it needs one.
///
/// # Errors
/// As the daemon or the person answers.
pub(super) fn ask(request: &mut Request) -> Result<Response, Failure> {
    match crate::commands::shared::ask(request) {
        Err(needed) if needed.code == ErrorCode::CODE_NEEDED => {
            let code = prompt::one_time_code(&question(&needed), needed)?;
            put(request, code);
            crate::commands::shared::ask(request)
        }
        outcome => outcome,
    }
}

/// How a person is asked for a code; where the one of this moment was used, it says when the next one comes.
pub(super) fn question(needed: &Failure) -> String {
    let message = sanitize(&needed.message);
    match needed.retry_after_ms {
        Some(wait) => format!("{message}. The next one, which comes in {} s", wait.div_ceil(1000)),
        None => format!("{message}. The code"),
    }
}

/// Puts the code where the request has its place.
pub(super) fn put(request: &mut Request, code: Secret) {
    match request {
        Request::AccessToken(request) => request.code = Some(code),
        Request::ProfileCreate(create) => create.code = Some(code),
        Request::ProfileUpdate(update) => update.code = Some(code),
        Request::ProfileResetSecret(reset) => reset.code = Some(code),
        Request::Status
        | Request::Forget(_)
        | Request::ProfileList(_)
        | Request::ProfileShow(_)
        | Request::ProfileDelete(_)
        | Request::ProfileUse(_)
        | Request::Reload
        | Request::Stop
        | Request::Restart
        | Request::Lock(_)
        | Request::Unlock(_)
        | Request::DisarmSuspendLock
        | Request::Log(_)
        | Request::Examine(_) => {}
    }
}
