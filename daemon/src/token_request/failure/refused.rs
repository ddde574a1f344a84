//! Owns the messages for a secret that a server refused: what may be wrong, and what to click or to type.

use std::time::Duration;

use cp_token_protocol::handover::{RefusalCause, ServerRefusal};
use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure, Secret};

use super::invisible::note;
use super::token_request::READ_AGAIN;
use super::{IF_DELETED, RESET_IN_CONSOLE, once_more, route};
use crate::failure::seconds;
use crate::lease::FailureKind;
use crate::profile::Profile;
use crate::token_endpoint::{ProxyFlaw, TokenRequestError};
use crate::token_request::TokenRequestFailed;

/// Why the secret was refused, if `error` says that it, or the proxy's password, was.
pub fn refusal_cause(error: &TokenRequestError, secret: &Secret) -> Option<RefusalCause> {
    if is_refusal_of_proxy(error) {
        return Some(RefusalCause::Proxy);
    }
    let TokenRequestError::Refused { is_doubtful, .. } = error else { return None };
    Some(RefusalCause::Server(server_refusal(error, *is_doubtful, note(secret))))
}

pub(super) fn server_refusal(error: &TokenRequestError, is_doubtful: bool, note: String) -> ServerRefusal {
    let (answer, asks_for_code) = (error.to_string(), error.asks_for_code());
    ServerRefusal { answer, is_doubtful, asks_for_code, note }
}

/// Whether the proxy refused its password.
pub fn is_refusal_of_proxy(error: &TokenRequestError) -> bool {
    matches!(error, TokenRequestError::Proxy { flaw: ProxyFlaw::CredentialsRefused, .. })
}

/// The failure of a refused secret. The server's answer is only a hint: the same status stands for a wrong password, a wrong
/// code, single sign-on and a blocked user. `is_final`: the secret is not sent again.
pub fn refused(
    profile: &Profile,
    refusal: &ServerRefusal,
    is_final: bool,
    next_code: Option<Duration>,
) -> Failure {
    let name = &profile.name;
    let ServerRefusal { answer, is_doubtful, asks_for_code, note } = refusal;
    let what = match (&profile.identity, &profile.totp) {
        (Identity::ApiClient(_), _) => "refused the client's secret",
        (_, _) if *is_doubtful => "sent no token for the password",
        (_, TotpMethod::None) if *asks_for_code => "asks for a one-time code",
        (_, TotpMethod::None) => "refused the user name or password, or wants a one-time code with them",
        (_, _) => "refused the user name, the password or the one-time code",
    };
    let (not_again, again) = match is_final {
        true => ("; it is not tried again until it changes", once_more(name)),
        false => ("", String::new()),
    };
    let hint = hint(profile, *asks_for_code);
    let hint = if *is_doubtful { behind_a_page(profile, &hint, &again) } else { hint + &again };
    let hint = match next_code.filter(|_| profile.totp != TotpMethod::None) {
        Some(wait) => format!("{hint}; the next code can be used in {} s", seconds(wait)),
        None => hint,
    };
    let message = format!("profile {name}: the server {what} ({answer}){not_again}{note}");
    Failure::new(ErrorCode::SECRET_REFUSED, message).with_hint(hint)
}

/// The failure of a secret that was refused before; no server was asked.
pub fn refused_again(cause: RefusalCause, profile: &Profile) -> TokenRequestFailed {
    let failure = match cause {
        RefusalCause::Proxy => route::refused_by_proxy(profile),
        RefusalCause::Server(refusal) => {
            let answer = format!("earlier: {}", refusal.answer);
            refused(profile, &ServerRefusal { answer, ..refusal }, true, None)
        }
    };
    let kind = match profile.secret_source.is_writable() {
        true => FailureKind::Final,
        false => READ_AGAIN,
    };
    TokenRequestFailed { failure, kind }
}

/// The hint for an answer that may be a login page's: check for one first, and then the password.
fn behind_a_page(profile: &Profile, hint: &str, again: &str) -> String {
    let links = route::links(profile);
    format!("check {links} for a login page, VPN or gateway{again}; {hint}")
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
        (Identity::Basic(_), _) => format!("if the password is another, {enter_again}; {other}"),
        (Identity::User(_), TotpMethod::None) if asks_for_code => {
            format!("say where codes come from: `cp-token profile update {name} --totp ask|command|stored`")
        }
        (Identity::User(_), TotpMethod::None) => format!(
            "if the password is another, {enter_again}; if the account has one-time codes, `cp-token profile update {name} --totp ask`; {other}"
        ),
        (Identity::User(_), _) => {
            format!(
                "see that this computer's clock is right; if the password is another, {enter_again}; {other}"
            )
        }
    }
}
