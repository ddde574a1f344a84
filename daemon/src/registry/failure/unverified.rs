//! Owns the messages for a secret that was not verified: whoever fixes the cause has to run the command again.

use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::token_request::failure::{IF_DELETED, KEPT, RESET_IN_CONSOLE, once_more_in};

/// What was there before is untouched, and nothing else is kept.
pub(in crate::registry) fn unverified(failure: &Failure) -> Failure {
    to_run_again("this", failure)
}

/// A profile that does not exist yet can be neither changed nor shown: what to change is an option of its creation.
pub(in crate::registry) fn not_created(failure: &Failure, name: &ProfileName) -> Failure {
    let hint = failure
        .hint
        .replace(&format!("run `cp-token profile update {name} --client-id ID`"), "name that one");
    let hint = hint.replace(&format!("run `cp-token profile reset-secret {name}`"), "run this again with it");
    let hint = hint.replace(&format!("`cp-token profile update {name} "), "create it with `");
    let hint = hint.replace(&format!(", with `cp-token profile show {name}`"), "");
    let hint = hint.replace(&format!(" with `cp-token profile show {name}`"), "");
    let mut failure = to_run_again("the creation", &Failure { hint, ..failure.clone() });
    if failure.code == ErrorCode::CODE_NEEDED {
        failure.hint.push_str(", or use --totp stored or command");
    }
    failure
}

fn to_run_again(what: &str, failure: &Failure) -> Failure {
    let mut failure = failure.clone();
    if failure.code == ErrorCode::CODE_NEEDED {
        // Its message is the question where there is somebody to ask, and then something is still to be changed.
        return failure.with_hint(format!(
            "nothing was changed; run {what} at a terminal, set CP_TOKEN_ASKPASS for it, or add --no-verify"
        ));
    }
    failure.message.push_str("; nothing was changed");
    failure.hint.truncate(failure.hint.find(KEPT).unwrap_or(failure.hint.len()));
    let (reset, others) = failure.hint.split_once(IF_DELETED).unwrap_or_default();
    if reset.starts_with(RESET_IN_CONSOLE) {
        let lost = "check client ID and secret; ".to_owned() + RESET_IN_CONSOLE + " if the secret is lost";
        failure.hint = lost + IF_DELETED + others;
    }
    if let Some(place) = once_more_in(&failure.hint) {
        failure.hint.insert_str(place.end, &format!(", then run {what} again"));
    }
    failure
}
