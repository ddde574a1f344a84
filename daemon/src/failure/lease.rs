//! Owns the words for what a lease decides against a caller.

use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};

use super::{code, passes, refused, seconds, superseded};
use crate::lease::{Acceptance, FailureKind, Refusal};
use crate::profile::Profile;
use crate::trade::Unredeemed;

/// Why a token that was granted is of no use; none where it is held.
pub fn of_acceptance(acceptance: Acceptance, profile: &Profile) -> Option<Failure> {
    let message = match acceptance {
        Acceptance::Held => return None,
        Acceptance::Late => return Some(superseded()),
        Acceptance::Expired => {
            return Some(
                Failure::new(
                    ErrorCode::TIMED_OUT,
                    format!("profile {}: the token's life was over before its answer came", profile.name),
                )
                .with_hint("Ask again")
                .with_retry_after(Duration::ZERO),
            );
        }
        Acceptance::Lifeless => "the server issued a token that has no life left",
        Acceptance::Rejected => "the server issued once more the token that its API has rejected",
    };
    Some(
        Failure::new(ErrorCode::BAD_ANSWER, format!("profile {}: {message}", profile.name))
            .with_hint("Ask again later; if it goes on, tell the server's administrator"),
    )
}

/// What a lease's refusal means. `last` is why the last attempt failed.
pub fn of_refusal(refusal: Refusal, profile: &Profile, last: Option<&Failure>) -> Failure {
    match refusal {
        Refusal::SecretRefused => {
            last.cloned().unwrap_or_else(|| refused::refused(profile, "earlier", false, None))
        }
        Refusal::CoolingDown(left) => cooling_down(left, last),
        Refusal::Throttled(left) => Failure::new(
            ErrorCode::THROTTLED,
            format!("profile {} asked for too many new tokens at once", profile.name),
        )
        .with_hint(format!("Wait {} s; use --fresh and --rejected only after a 401", seconds(left)))
        .with_retry_after(left),
        Refusal::MinValidity { issued, most } => Failure::new(
            ErrorCode::MIN_VALIDITY_UNREACHABLE,
            format!(
                "the server's tokens live {} s, so none can be asked to live longer than {} s",
                issued.as_secs(),
                most.as_secs()
            ),
        )
        .with_hint("Ask for a shorter --min-validity"),
        Refusal::CodeNeeded => code::needed(profile),
        Refusal::SameToken => Failure::new(
            ErrorCode::BAD_ANSWER,
            format!(
                "profile {}: the server issued once more the token that its API has rejected",
                profile.name
            ),
        ),
    }
}

/// What a caller can do who does not wait for the end of a pause.
const RETRY: &str = "; --retry waits for it";

/// The same for a caller who did wait, for too short a time.
pub fn for_who_waited(failure: Failure) -> Failure {
    match failure.hint.strip_suffix(RETRY) {
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
    // What is not tried again by itself is not promised to be, though its source is looked at now and then.
    if !passes(last.code) {
        return last.clone();
    }
    let mut failure = asked_again(left, last);
    if !failure.hint.is_empty() {
        failure.hint.push_str(RETRY);
    }
    failure
}

fn asked_again(left: Duration, last: &Failure) -> Failure {
    let message = format!("{} (asked again in {} s at the earliest)", last.message, seconds(left));
    Failure { message, ..last.clone() }.with_retry_after(left)
}

/// The same for a caller whom no lease tells when the server may be asked again, where the server says so.
pub fn with_pause(unredeemed: Unredeemed) -> Unredeemed {
    match unredeemed.kind {
        FailureKind::Passing { retry_after: Some(left), .. } => {
            Unredeemed { failure: asked_again(left, &unredeemed.failure), ..unredeemed }
        }
        FailureKind::Passing { retry_after: None, .. }
        | FailureKind::Refused { .. }
        | FailureKind::Local { .. }
        | FailureKind::Final => unredeemed,
    }
}
