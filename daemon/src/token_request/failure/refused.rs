//! Owns the messages for a secret that a server refused: what may be wrong, and what to click or to type.

use std::time::Duration;

use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::invisible::NOTE;
use super::token_request::READ_AGAIN;
use super::{IF_DELETED, RESET_IN_CONSOLE, once_more, once_more_in, route};
use crate::failure::seconds;
use crate::lease::FailureKind;
use crate::profile::Profile;
use crate::token_endpoint::DOUBT;
use crate::token_request::TokenRequestFailed;

const ASKS_FOR_CODE: &str = "asks for a one-time code";
const NOT_AGAIN: &str = "; it is not tried again";
const EARLIER: &str = "earlier: ";

/// The failure of a refused secret; `answer` describes the server's answer. That is only a hint: the same status stands for
/// a wrong password, a wrong code, single sign-on and a blocked user.
pub fn refused(profile: &Profile, answer: &str, asks_for_code: bool, next_code: Option<Duration>) -> Failure {
    let name = &profile.name;
    let is_doubtful = answer.ends_with(DOUBT);
    let what = match (&profile.identity, &profile.totp) {
        (Identity::ApiClient(_), _) => "refused the client's secret",
        (_, _) if is_doubtful => "sent no token for the password",
        (_, TotpMethod::None) if asks_for_code => ASKS_FOR_CODE,
        (_, TotpMethod::None) => "refused the user name or password, or wants a one-time code with them",
        (_, _) => "refused the user name, the password or the one-time code",
    };
    let message = format!("profile {name}: the server {what} ({answer}){NOT_AGAIN} until it changes");
    let hint = match is_doubtful {
        true => behind_a_page(profile, &hint(profile, asks_for_code)),
        false => hint(profile, asks_for_code) + &once_more(name),
    };
    let hint = match next_code.filter(|_| profile.totp != TotpMethod::None) {
        Some(wait) => format!("{hint}; the next code can be used in {} s", seconds(wait)),
        None => hint,
    };
    Failure::new(ErrorCode::SECRET_REFUSED, message).with_hint(hint)
}

/// The failure of a secret that was refused before, for the profile `first`; no server was asked. For another profile the
/// message is worded again, because the commands in it are of `first`, which may not exist any more.
pub fn refused_again(failure: Failure, profile: &Profile, first: &ProfileName) -> TokenRequestFailed {
    let failure = if profile.name == *first { failure } else { worded_for(profile, &failure) };
    let kind = match profile.secret_source.is_writable() {
        true => FailureKind::Final,
        false => READ_AGAIN,
    };
    TokenRequestFailed { failure, kind }
}

fn worded_for(profile: &Profile, failure: &Failure) -> Failure {
    if failure.code == ErrorCode::PROXY_REFUSED {
        return route::refused_by_proxy(profile);
    }
    let answer = answer_of(&failure.message);
    let asks_for_code = failure.message.contains(ASKS_FOR_CODE);
    let mut again = refused(profile, &format!("{EARLIER}{answer}"), asks_for_code, None);
    again.message.push_str(note_of(&failure.message));
    again
}

/// The note on the secret's ends in the message, if any.
fn note_of(message: &str) -> &str {
    message.find(NOTE).map_or("", |start| &message[start..])
}

/// The description of the server's answer, in a message of [`refused`].
fn answer_of(message: &str) -> &str {
    let words = message.split_once(" (").and_then(|(_, rest)| rest.split_once(NOT_AGAIN));
    let words = words.map_or("refused", |(words, _)| words.trim_end_matches(')'));
    words.strip_prefix(EARLIER).unwrap_or(words)
}

/// The failure if the refusal is not recorded, because the one-time code may have been wrong: without the sentences that
/// the secret is not sent again.
pub fn not_recorded(failed: TokenRequestFailed) -> TokenRequestFailed {
    let TokenRequestFailed { mut failure, kind } = failed;
    if let Some((before, _)) = failure.message.split_once(NOT_AGAIN) {
        failure.message = before.to_owned() + note_of(&failure.message);
    }
    if let Some(place) = once_more_in(&failure.hint) {
        failure.hint.replace_range(place, "");
    }
    TokenRequestFailed { failure, kind }
}

/// The failure if the caller may give another code immediately.
pub fn with_another_code(failed: TokenRequestFailed) -> TokenRequestFailed {
    TokenRequestFailed { kind: FailureKind::Refused(Duration::ZERO), ..not_recorded(failed) }
}

/// The hint for an answer that may be a login page's: check for one first, and then the password.
fn behind_a_page(profile: &Profile, hint: &str) -> String {
    let (first, rest) = hint.split_at(1);
    let otherwise = first.to_lowercase() + rest;
    let (links, again) = (route::links(profile), once_more(&profile.name));
    format!("Check {links} for a login page, VPN or gateway{again}; {otherwise}")
}

fn hint(profile: &Profile, asks_for_code: bool) -> String {
    let name = &profile.name;
    let enter_again = match profile.secret_source.is_writable() {
        true => format!("run `cp-token profile reset-secret {name}`"),
        false => "change it where it is kept".to_owned(),
    };
    let other = "a blocked user, or one of single sign-on, gets no token and needs an API client";
    match (&profile.identity, &profile.totp) {
        (Identity::ApiClient(_), _) => format!(
            "{RESET_IN_CONSOLE}, and {enter_again}{IF_DELETED}, create a new one and run `cp-token profile update {name} --client-id ID`"
        ),
        (Identity::Basic(_), _) => format!("If the password is another, {enter_again}; {other}"),
        (Identity::User(_), TotpMethod::None) if asks_for_code => {
            format!("Say where codes come from: `cp-token profile update {name} --totp ask|command|stored`")
        }
        (Identity::User(_), TotpMethod::None) => format!(
            "If the password is another, {enter_again}; if the account has one-time codes, `cp-token profile update {name} --totp ask`; {other}"
        ),
        (Identity::User(_), _) => {
            format!(
                "See that this computer's clock is right; if the password is another, {enter_again}; {other}"
            )
        }
    }
}
