//! Owns the words for a secret that a server refused: what may be wrong, and what to click or to type.

use std::time::Duration;

use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::token_request::LOOKED_AT_AGAIN;
use super::{RESET_IN_CONSOLE, once_more, seconds};
use crate::lease::FailureKind;
use crate::profile::Profile;
use crate::trade::Unredeemed;

/// The server refused what was sent; `words` are what may be said of its answer. They are a hint and no more: the same
/// status stands for a wrong password, a wrong code, single sign-on and a blocked user.
pub(super) fn refused(
    profile: &Profile,
    words: &str,
    asks_for_code: bool,
    next_code: Option<Duration>,
) -> Failure {
    let name = &profile.name;
    let what = match (&profile.identity, &profile.totp) {
        (Identity::ApiClient(_), _) => "refused the client's secret",
        (_, TotpMethod::None) if asks_for_code => "asks for a one-time code",
        (_, TotpMethod::None) => "refused the user name or password, or wants a one-time code with them",
        (_, _) => "refused the user name, the password or the one-time code",
    };
    let message = format!(
        "profile {name}: the server {what} ({words}); it is not tried again until {}",
        until(profile)
    );
    let hint = hint(profile, asks_for_code) + &once_more(name);
    let failure = Failure::new(ErrorCode::SECRET_REFUSED, message).with_hint(hint);
    match next_code.filter(|_| profile.totp != TotpMethod::None) {
        Some(wait) => Failure {
            hint: format!("{}; the next code can be used in {} s", failure.hint, seconds(wait)),
            ..failure
        },
        None => failure,
    }
}

/// The secret at hand is the one that was refused before, for the profile `first`; no server was asked.
pub fn refused_again(failure: Failure, profile: &Profile, first: &ProfileName) -> Unredeemed {
    let failure =
        if profile.name == *first { failure } else { refused_for_another(&failure, profile, first) };
    let kind = match profile.keeps_secret() {
        true => FailureKind::Final,
        false => LOOKED_AT_AGAIN,
    };
    Unredeemed { failure, kind }
}

fn refused_for_another(failure: &Failure, profile: &Profile, first: &ProfileName) -> Failure {
    let name = &profile.name;
    let message = format!(
        "profile {name}: the same credential was refused for profile {first}; it is not tried again until {}",
        until(profile)
    );
    Failure::new(failure.code, message).with_hint(format!(
        "See why: `cp-token doctor -p {first}`; to try the same once more, `cp-token forget -p {name}`"
    ))
}

fn until(profile: &Profile) -> &'static str {
    match (&profile.totp, profile.keeps_secret()) {
        (TotpMethod::Ask, _) => "a new code is given",
        (_, true) => "it changes",
        (_, false) => "it changes where it rests",
    }
}

fn hint(profile: &Profile, asks_for_code: bool) -> String {
    let name = &profile.name;
    let anew = match profile.keeps_secret() {
        true => format!("run `cp-token profile reset-secret {name}`"),
        false => "change it where it rests".to_owned(),
    };
    let other = "a blocked user, or one of single sign-on, gets no token and needs an API client";
    match (&profile.identity, &profile.totp) {
        (Identity::ApiClient(_), _) => format!(
            "{RESET_IN_CONSOLE}, and {anew}; if the client was deleted there, create a new one and run `cp-token profile update {name} --client-id ID`"
        ),
        (Identity::Basic(_), _) => format!("If the password is another, {anew}; {other}"),
        (Identity::User(_), TotpMethod::None) if asks_for_code => {
            format!("Say where codes come from: `cp-token profile update {name} --totp ask|command|stored`")
        }
        (Identity::User(_), TotpMethod::None) => format!(
            "If the password is another, {anew}; if the account has one-time codes, `cp-token profile update {name} --totp ask`; {other}"
        ),
        (Identity::User(_), _) => {
            format!("See that this computer's clock is right; if the password is another, {anew}; {other}")
        }
    }
}
