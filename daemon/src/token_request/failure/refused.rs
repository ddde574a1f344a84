//! Owns the words for a secret that a server refused: what may be wrong, and what to click or to type.

use std::time::Duration;

use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::invisible::NOTE;
use super::token_request::LOOKED_AT_AGAIN;
use super::{IF_DELETED, RESET_IN_CONSOLE, once_more, once_more_in, route};
use crate::failure::seconds;
use crate::lease::FailureKind;
use crate::profile::Profile;
use crate::token_endpoint::DOUBT;
use crate::token_request::TokenRequestFailed;

const ASKS_FOR_CODE: &str = "asks for a one-time code";
const NOT_AGAIN: &str = "; it is not tried again";
const EARLIER: &str = "earlier: ";

/// The server refused what was sent; `words` are what may be said of its answer. They are a hint and no more: the same
/// status stands for a wrong password, a wrong code, single sign-on and a blocked user.
pub fn refused(profile: &Profile, words: &str, asks_for_code: bool, next_code: Option<Duration>) -> Failure {
    let name = &profile.name;
    let is_doubtful = words.ends_with(DOUBT);
    let what = match (&profile.identity, &profile.totp) {
        (Identity::ApiClient(_), _) => "refused the client's secret",
        (_, _) if is_doubtful => "sent no token for the password",
        (_, TotpMethod::None) if asks_for_code => ASKS_FOR_CODE,
        (_, TotpMethod::None) => "refused the user name or password, or wants a one-time code with them",
        (_, _) => "refused the user name, the password or the one-time code",
    };
    let message = format!("profile {name}: the server {what} ({words}){NOT_AGAIN} until it changes");
    let hint = match is_doubtful {
        true => behind_a_page(profile, &hint(profile, asks_for_code)),
        false => hint(profile, asks_for_code) + &once_more(name),
    };
    let failure = Failure::new(ErrorCode::SECRET_REFUSED, message).with_hint(hint);
    match next_code.filter(|_| profile.totp != TotpMethod::None) {
        Some(wait) => Failure {
            hint: format!("{}; the next code can be used in {} s", failure.hint, seconds(wait)),
            ..failure
        },
        None => failure,
    }
}

/// The secret at hand is the one that was refused before, for the profile `first`; no server was asked. Another profile of
/// that time may be gone, and its commands are not this one's.
pub fn refused_again(failure: Failure, profile: &Profile, first: &ProfileName) -> TokenRequestFailed {
    let failure = if profile.name == *first { failure } else { in_words_for(profile, &failure) };
    let kind = match profile.keeps_secret() {
        true => FailureKind::Final,
        false => LOOKED_AT_AGAIN,
    };
    TokenRequestFailed { failure, kind }
}

fn in_words_for(profile: &Profile, failure: &Failure) -> Failure {
    if failure.code == ErrorCode::PROXY_REFUSED {
        return route::refused_by_proxy(profile);
    }
    let words = words_of(&failure.message);
    let asks_for_code = failure.message.contains(ASKS_FOR_CODE);
    let mut again = refused(profile, &format!("{EARLIER}{words}"), asks_for_code, None);
    again.message.push_str(note_of(&failure.message));
    again
}

/// What is said there of the secret's ends, if anything is.
fn note_of(message: &str) -> &str {
    message.find(NOTE).map_or("", |start| &message[start..])
}

/// What was said of the server's answer, in a message of [`refused`].
fn words_of(message: &str) -> &str {
    let words = message.split_once(" (").and_then(|(_, rest)| rest.split_once(NOT_AGAIN));
    let words = words.map_or("refused", |(words, _)| words.trim_end_matches(')'));
    words.strip_prefix(EARLIER).unwrap_or(words)
}

/// The same where the next one is sent all the same: what was refused with it may have been the one-time code.
pub fn not_kept(unredeemed: TokenRequestFailed) -> TokenRequestFailed {
    let TokenRequestFailed { mut failure, kind } = unredeemed;
    if let Some((before, _)) = failure.message.split_once(NOT_AGAIN) {
        failure.message = before.to_owned() + note_of(&failure.message);
    }
    if let Some(place) = once_more_in(&failure.hint) {
        failure.hint.replace_range(place, "");
    }
    TokenRequestFailed { failure, kind }
}

/// The same where whoever gave the code may give another at once.
pub fn another_code(unredeemed: TokenRequestFailed) -> TokenRequestFailed {
    TokenRequestFailed { kind: FailureKind::Refused { cap: Duration::ZERO }, ..not_kept(unredeemed) }
}

/// What to do about an answer that may be a login page's: look for it first, and only then doubt the password.
fn behind_a_page(profile: &Profile, hint: &str) -> String {
    let (first, rest) = hint.split_at(1);
    let otherwise = first.to_lowercase() + rest;
    let (links, again) = (route::links(profile), once_more(&profile.name));
    format!("Check {links} for a login page, VPN or gateway{again}; {otherwise}")
}

fn hint(profile: &Profile, asks_for_code: bool) -> String {
    let name = &profile.name;
    let anew = match profile.keeps_secret() {
        true => format!("run `cp-token profile reset-secret {name}`"),
        false => "change it where it is kept".to_owned(),
    };
    let other = "a blocked user, or one of single sign-on, gets no token and needs an API client";
    match (&profile.identity, &profile.totp) {
        (Identity::ApiClient(_), _) => format!(
            "{RESET_IN_CONSOLE}, and {anew}{IF_DELETED}, create a new one and run `cp-token profile update {name} --client-id ID`"
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
