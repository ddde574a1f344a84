//! Owns the meaning of an answer of the token resource. Pure: bytes and the time in, a token or an error out. It must not
//! do I/O, read clocks, or pass on a library's text.

use std::time::Duration;

use cp_token_protocol::{AccessToken, TokenError};

use super::answer::HttpAnswer;
use super::description::{AnswerDescription, Content, KnownError, LOGIN_TO_NETWORK};
use super::error::{AnswerFlaw, Target, TokenRequestError};
use super::request::{IssuedToken, MAX_LIFE};
use crate::profile::request_url::RequestUrl;
use object::{Object, Value};

mod content;
mod object;
mod redirect;
mod retry_after;

/// The form of an answer, by the resource that gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerShape {
    /// `{"access_token":…,"token_type":"bearer","expires_in":…}` (RFC 6749, section 5.1).
    ApiClient,
    /// `{"data":{"v3_user_token":…}}`, as in the vendor's article; it has no lifetime.
    User,
}

/// What a server answers to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeResult {
    /// The HTTP status.
    pub status: u16,
    /// The server's clock, as time since 1970, to the second; absent if the server does not send it.
    pub date: Option<Duration>,
}

/// The documented lifetime of an API client's token, for answers without one.
const CLIENT_TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);
/// The documented lifetime of a user's token, which is in no answer.
const USER_TOKEN_LIFE: Duration = Duration::from_secs(30 * 60);

/// The token that the answer to a request to `url` issues, or why it issues none. `now` is the wall clock as time since
/// 1970.
pub fn read(
    answer: &HttpAnswer,
    shape: AnswerShape,
    url: &RequestUrl,
    now: Duration,
) -> Result<IssuedToken, TokenRequestError> {
    let status = answer.status;
    let retry_after = || answer.retry_after.as_deref().and_then(|value| retry_after::read(value, now));
    match status {
        200 | 201 => issued(answer, shape).map_err(|flaw| no_token(flaw, answer, shape)),
        301 | 302 | 303 | 307 | 308 => {
            let to = redirect::target(answer.location.as_deref(), url);
            Err(redirected(to, answer, shape))
        }
        401 | 403 => Err(refused(describe(answer), shape)),
        400 if refuses_client(describe(answer)) => Err(refused(describe(answer), shape)),
        429 => Err(TokenRequestError::Busy { retry_after: retry_after() }),
        LOGIN_TO_NETWORK => Err(TokenRequestError::Intercepted(describe(answer))),
        408 | 500..=599 => Err(TokenRequestError::ServerFailed { status, retry_after: retry_after() }),
        _ => Err(TokenRequestError::BadAnswer(AnswerFlaw::Status(describe(answer)))),
    }
}

/// The result of a request without a credential, which the server may refuse with any status.
///
/// # Errors
/// [`TokenRequestError`] if a token request would fail too: the server is in trouble, or elsewhere.
pub fn probe_result(answer: &HttpAnswer, url: &RequestUrl) -> Result<ProbeResult, TokenRequestError> {
    let status = answer.status;
    match status {
        LOGIN_TO_NETWORK => Err(TokenRequestError::Intercepted(describe(answer))),
        408 | 500..=599 => Err(TokenRequestError::ServerFailed { status, retry_after: None }),
        429 => Err(TokenRequestError::Busy { retry_after: None }),
        301 | 302 | 303 | 307 | 308 => match redirect::target(answer.location.as_deref(), url) {
            Target::SameOrigin => Ok(ProbeResult { status, date: date(answer) }),
            to @ (Target::Origin(_) | Target::Unencrypted(_) | Target::Elsewhere | Target::Invalid) => {
                Err(TokenRequestError::Redirected { to })
            }
        },
        _ => Ok(ProbeResult { status, date: date(answer) }),
    }
}

fn date(answer: &HttpAnswer) -> Option<Duration> {
    retry_after::date(std::str::from_utf8(answer.date.as_deref()?).ok()?.trim())
}

fn describe(answer: &HttpAnswer) -> AnswerDescription {
    let (status, wanted_certificate) = (answer.status, answer.wanted_certificate);
    AnswerDescription { status, content: content::of(answer), wanted_certificate }
}

/// An answer that is not worded like the API's may come from a proxy or gateway. A client's secret is then sent again
/// later; a password is not, because too many attempts could lock its user out.
fn refused(answer: AnswerDescription, shape: AnswerShape) -> TokenRequestError {
    let is_of_api = answer.content.is_of_api() || answer.status == 401 && answer.content != Content::Html;
    match shape {
        AnswerShape::ApiClient if !is_of_api => TokenRequestError::Intercepted(answer),
        AnswerShape::ApiClient | AnswerShape::User => {
            TokenRequestError::Refused { answer, is_doubtful: !is_of_api }
        }
    }
}

/// Many login pages answer a wrong password with themselves, and count the attempt.
fn no_token(flaw: AnswerFlaw, answer: &HttpAnswer, shape: AnswerShape) -> TokenRequestError {
    let is_page = matches!(flaw, AnswerFlaw::NotJson | AnswerFlaw::TooLong | AnswerFlaw::NoToken);
    doubtful(is_page, answer, shape).unwrap_or(TokenRequestError::BadAnswer(flaw))
}

/// Others redirect to such a page. A console that has moved redirects to an origin that is known.
fn redirected(to: Target, answer: &HttpAnswer, shape: AnswerShape) -> TokenRequestError {
    let is_page = matches!(to, Target::Elsewhere | Target::SameOrigin | Target::Invalid);
    doubtful(is_page, answer, shape).unwrap_or(TokenRequestError::Redirected { to })
}

/// A page in place of an answer to a password: nobody has said that the password is wrong, but it is not sent again.
fn doubtful(is_page: bool, answer: &HttpAnswer, shape: AnswerShape) -> Option<TokenRequestError> {
    let is_doubtful = is_page && shape == AnswerShape::User;
    is_doubtful.then(|| TokenRequestError::Refused { answer: describe(answer), is_doubtful })
}

fn issued(answer: &HttpAnswer, shape: AnswerShape) -> Result<IssuedToken, AnswerFlaw> {
    if !answer.is_whole {
        return Err(AnswerFlaw::TooLong);
    }
    let object = Object::parse(&answer.body).ok_or(AnswerFlaw::NotJson)?;
    if object.has_duplicate {
        return Err(AnswerFlaw::Duplicate);
    }
    match shape {
        AnswerShape::ApiClient => {
            let token = token(&object.access_token)?;
            require_bearer(&object.token_type)?;
            Ok(IssuedToken { token, life: life(&object.expires_in)? })
        }
        AnswerShape::User => {
            let data = object.data.object().ok_or(AnswerFlaw::NoToken)?;
            Ok(IssuedToken { token: token(&data.v3_user_token)?, life: USER_TOKEN_LIFE })
        }
    }
}

fn token(field: &Value) -> Result<AccessToken, AnswerFlaw> {
    match field {
        Value::Absent | Value::Null => Err(AnswerFlaw::NoToken),
        Value::Text(text) => AccessToken::copy_of(text.as_bytes()).map_err(|error| match error {
            TokenError::Empty => AnswerFlaw::NoToken,
            TokenError::TooLong | TokenError::BadCharacter => AnswerFlaw::TokenGrammar,
        }),
        Value::Number(_) | Value::Object(_) | Value::List(_) | Value::Bool => Err(AnswerFlaw::TokenGrammar),
    }
}

fn require_bearer(field: &Value) -> Result<(), AnswerFlaw> {
    let is_bearer = field.text().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if is_bearer { Ok(()) } else { Err(AnswerFlaw::TokenType) }
}

fn life(field: &Value) -> Result<Duration, AnswerFlaw> {
    let seconds = match field {
        Value::Absent | Value::Null => return Ok(CLIENT_TOKEN_LIFE),
        Value::Number(seconds) => *seconds,
        Value::Text(text) => number(text).ok_or(AnswerFlaw::ExpiresIn)?,
        Value::Object(_) | Value::List(_) | Value::Bool => return Err(AnswerFlaw::ExpiresIn),
    };
    Ok(Duration::from_secs_f64(seconds.clamp(0.0, MAX_LIFE.as_secs_f64())))
}

/// A decimal number. `inf` and `nan`, which Rust would parse too, are rejected.
fn number(text: &str) -> Option<f64> {
    let is_numeric = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if text.bytes().all(is_numeric) { text.parse().ok() } else { None }
}

/// The two errors of a 400 that concern the client itself (RFC 6749, section 5.2).
fn refuses_client(answer: AnswerDescription) -> bool {
    matches!(answer.content, Content::Error(KnownError::InvalidClient | KnownError::UnauthorizedClient))
}

#[cfg(test)]
mod tests;
