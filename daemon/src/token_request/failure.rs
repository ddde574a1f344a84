//! Owns the messages for token requests that failed, and the meaning of each failure for the next request.

mod code;
mod invisible;
mod refused;
mod route;
mod token_request;

use std::ops::Range;
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::failure::{is_transient, seconds};
use crate::lease::{FailureKind, policy};
use crate::profile::Profile;
use crate::secrets::failure::of_source;
use crate::secrets::sources::SourceError;
use crate::token_request::TokenRequestFailed;

pub use code::{code_pending, needed, of_code};
pub use refused::{is_refusal_of_proxy, refusal_cause, refused, refused_again};
pub use token_request::{kind_of, of_token_request};

/// How to get another secret of a client.
pub const RESET_IN_CONSOLE: &str = "in the console, choose Administration > Integrations > API Clients, \
     then Actions > Reset API secret";

/// The end of the hint of a temporary failure.
pub const KEPT: &str = "; the secret is kept and tried again";

/// The other reason why a client is refused.
pub const IF_DELETED: &str = "; if the client was deleted there";

/// Precedes the command that sends the same secret again.
pub const ONCE_MORE: &str = "; to try the same once more, ";

/// The failure of loading a profile's secret for a token request.
pub fn of_load(error: SourceError, profile: &Profile) -> TokenRequestFailed {
    TokenRequestFailed {
        failure: of_source(error, profile),
        kind: FailureKind::Local(policy::MAX_LOCAL_BACKOFF),
    }
}

/// The failure with the time until the next request can be sent, if that may succeed, for a caller without a lease.
pub fn with_pause(failed: TokenRequestFailed) -> TokenRequestFailed {
    match failed.kind {
        FailureKind::Transient { retry_after: Some(left), .. } => asked_again_in(left, failed),
        FailureKind::Paused { left, .. } if is_transient(failed.failure.code) => asked_again_in(left, failed),
        FailureKind::Transient { retry_after: None, .. }
        | FailureKind::Paused { .. }
        | FailureKind::Local(_)
        | FailureKind::Refused(_)
        | FailureKind::Final => failed,
    }
}

/// The failure during the back-off that followed the failure of profile `first`. For another profile it is worded anew,
/// because commands in it are of `first`. `shared` names the credential, as in [`of_unanswered`].
pub fn backed_off(failure: &Failure, first: &ProfileName, shared: &str, profile: &Profile) -> Failure {
    let name = &profile.name;
    if name == first {
        return failure.clone();
    }
    let what = failure.message.strip_prefix(&format!("profile {first}: ")).unwrap_or(&failure.message);
    let message = format!(
        "profile {name}: no token was requested, because the request of profile {first} with the same {shared} \
         failed: {what}"
    );
    let has_commands = failure.hint.contains('`');
    let doctor = || format!("run `cp-token doctor -p {first}`, and ask again");
    let hint = if has_commands { doctor() } else { failure.hint.clone() };
    Failure { message, hint, ..failure.clone() }
}

/// The failure of a request that was not sent, because the request of profile `other` with the same credential is not
/// answered. `shared` names the credential, such as "password".
pub fn of_unanswered(name: &ProfileName, other: &ProfileName, shared: &str) -> TokenRequestFailed {
    let message = format!(
        "profile {name}: no token was requested, because the request of profile {other} with the same {shared} \
         is not answered"
    );
    let failure = Failure::new(ErrorCode::TIMED_OUT, message)
        .with_hint(format!("run `cp-token doctor -p {other}`, and ask again"));
    TokenRequestFailed {
        failure,
        kind: FailureKind::Transient { retry_after: None, cap: policy::MAX_LOCAL_BACKOFF },
    }
}

fn asked_again_in(left: Duration, failed: TokenRequestFailed) -> TokenRequestFailed {
    TokenRequestFailed { failure: asked_again(left, &failed.failure), ..failed }
}

/// The failure, with the time until the server may be asked again.
pub fn asked_again(left: Duration, last: &Failure) -> Failure {
    let message = format!("{} (asked again in {} s at the earliest)", last.message, seconds(left));
    Failure { message, ..last.clone() }.with_retry_after(left)
}

/// The part of a hint that says how to send the same secret again.
pub fn once_more(name: &ProfileName) -> String {
    format!("{ONCE_MORE}`cp-token forget -p {name}`")
}

/// The range of that part in a hint.
pub fn once_more_in(hint: &str) -> Option<Range<usize>> {
    let start = hint.find(ONCE_MORE)?;
    let (end, _) = hint[start..].match_indices('`').nth(1)?;
    Some(start..start + end + 1)
}
