//! Owns the failures that the broker reports to callers.

use std::time::Duration;

use cp_token_protocol::handover::ServerRefusal;
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::failure::{internal, is_transient, seconds, timed_out};
use crate::lease::{Acceptance, FailureKind, Refusal, policy};
use crate::profile::Profile;
use crate::token_request::TokenRequestFailed;
use crate::token_request::failure::{asked_again, needed, refused};

/// Why an issued token is not used; `None` if it is held.
pub fn of_acceptance(acceptance: Acceptance, profile: &Profile) -> Option<Failure> {
    let message = match acceptance {
        Acceptance::Held => return None,
        Acceptance::Superseded => return Some(superseded()),
        Acceptance::Expired => {
            let message =
                format!("profile {}: the token's life was over before its answer came", profile.name);
            let failure = Failure::new(ErrorCode::TIMED_OUT, message).with_hint("ask again");
            return Some(failure.with_retry_after(Duration::ZERO));
        }
        Acceptance::NoLife => "the server issued a token that has no life left",
        Acceptance::Rejected => SAME_TOKEN,
    };
    Some(
        bad_response(profile, message)
            .with_hint("ask again later; if it goes on, tell the server's administrator"),
    )
}

/// The failure of a lease's refusal. `last` is why the last attempt failed.
pub fn of_refusal(refusal: Refusal, profile: &Profile, last: Option<&Failure>) -> Failure {
    match refusal {
        Refusal::SecretRefused => last.cloned().unwrap_or_else(|| {
            let refusal = ServerRefusal { answer: "earlier".to_owned(), ..ServerRefusal::default() };
            refused(profile, &refusal, true, None)
        }),
        Refusal::CoolingDown(left) => cooling_down(left, last),
        Refusal::Throttled(left) => Failure::new(
            ErrorCode::THROTTLED,
            format!("profile {} asked for too many new tokens at once", profile.name),
        )
        .with_hint(format!("wait {} s; use --fresh and --rejected only after a 401", seconds(left)))
        .with_retry_after(left),
        Refusal::MinValidity { issued, most } => Failure::new(
            ErrorCode::MIN_VALIDITY_UNREACHABLE,
            format!(
                "the server's tokens live {} s, so none can be asked to live longer than {} s",
                issued.as_secs(),
                most.as_secs()
            ),
        )
        .with_hint("ask for a shorter --min-validity"),
        Refusal::CodeNeeded => needed(profile),
        Refusal::SameToken => bad_response(profile, SAME_TOKEN),
    }
}

const SAME_TOKEN: &str = "the server issued once more the token that its API has rejected";

fn bad_response(profile: &Profile, message: &str) -> Failure {
    Failure::new(ErrorCode::BAD_RESPONSE, format!("profile {}: {message}", profile.name))
}

/// The end of the hint for a caller who did not wait for the end of a pause.
const RETRY_HINT: &str = "; --retry waits for it";

/// The same failure for a caller who waited, but not long enough.
pub fn after_wait(failure: Failure) -> Failure {
    match failure.hint.strip_suffix(RETRY_HINT) {
        Some(hint) => Failure { hint: format!("{hint}; a longer --timeout waits for it"), ..failure },
        None => failure,
    }
}

fn cooling_down(left: Duration, last: Option<&Failure>) -> Failure {
    let Some(last) = last else {
        let wait = seconds(left);
        let message = format!("the last token request failed; the next is possible in {wait} s");
        return Failure::new(ErrorCode::COOLING_DOWN, message).with_retry_after(left);
    };
    // No retry is promised after a failure that lasts, though the secret source is read again now and then.
    if !is_transient(last.code) {
        return last.clone();
    }
    let mut failure = asked_again(left, last);
    if !failure.hint.is_empty() {
        failure.hint.push_str(RETRY_HINT);
    }
    failure
}

/// `forget`, `delete` or a change of the profile abandoned the attempt.
pub fn superseded() -> Failure {
    Failure::new(
        ErrorCode::SUPERSEDED,
        "the token request was dropped because the profile was changed or forgotten",
    )
    .with_hint("ask again")
    .with_retry_after(Duration::ZERO)
}

/// The limit of callers who wait for the profile is reached.
pub fn too_many_waiting(profile: &Profile) -> Failure {
    let message = format!("too many callers wait for a token of profile {}", profile.name);
    Failure::new(ErrorCode::TOO_MANY_WAITING, message)
        .with_hint("ask again later, and see `cp-token doctor` for why they wait")
        .with_retry_after(Duration::from_millis(500))
}

/// An attempt that panicked: a transient failure of its profile.
pub fn panicked() -> TokenRequestFailed {
    TokenRequestFailed {
        failure: internal(),
        kind: FailureKind::Transient { retry_after: None, cap: policy::MAX_SERVER_BACKOFF },
    }
}

/// The profile uses Basic authentication, and the caller accepts only tokens.
pub fn no_token(profile: &Profile) -> Failure {
    let message =
        format!("profile {} sends user name and password with each request and has no token", profile.name);
    Failure::new(ErrorCode::NO_TOKEN, message)
        .with_hint("print them with --format header, for resources of v1, v4 and later; v3 never takes them")
}

/// The caller's time ran out while another profile tried the same secret.
pub fn waiting_behind(profile: &Profile, other: &ProfileName) -> Failure {
    let message = format!(
        "profile {}: no token was issued within the time allowed; it waits for profile {other}, which tries the same secret, or the same password of a proxy, and has no answer yet",
        profile.name
    );
    Failure { message, ..timed_out() }
}
