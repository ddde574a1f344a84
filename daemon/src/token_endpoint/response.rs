//! Owns what an answer of the token resource means. Pure: bytes and a clock reading in, a token or a reason
//! out. It must not do I/O, read clocks, or let a library's words through.

use std::time::Duration;

use cp_token_protocol::{AccessToken, TokenError};
use zeroize::Zeroizing;

use super::description::{AnswerDescription, Content, KnownError, LOGIN_TO_NETWORK};
use super::error::{AnswerFlaw, Target, TokenRequestError};
use super::probe::ProbeResult;
use super::request::{IssuedToken, MAX_LIFE};
use crate::profile::request_url::RequestUrl;
use fields::{Fields, Value};

mod content;
mod date;
mod fields;
mod redirect;
mod retry_after;

/// What an answer looks like, by the resource that gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerShape {
    /// `{"access_token":…,"token_type":"bearer","expires_in":…}` (RFC 6749, section 5.1).
    ApiClient,
    /// `{"data":{"v3_user_token":…}}`, as the vendor's article has it; it names no life.
    User,
}

/// The documented life of an API client's token, for answers that do not say.
const CLIENT_TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);
/// The documented life of a user's token, which no answer says.
const USER_TOKEN_LIFE: Duration = Duration::from_secs(30 * 60);

/// As much of an HTTP answer as has a meaning here.
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<Vec<u8>>,
    /// The `Retry-After` header.
    pub retry_after: Option<Vec<u8>>,
    /// The `Date` header.
    pub date: Option<Vec<u8>>,
    /// The body, or its beginning.
    pub body: Zeroizing<Vec<u8>>,
    /// Whether that is the whole body.
    pub is_whole: bool,
    /// The `Content-Type` header.
    pub content_type: Option<Vec<u8>>,
    /// Whether the server asked for a client certificate.
    pub wanted_certificate: bool,
}

/// The token that the answer to a request to `url` issues, or who is to blame that it issues none. `now` is
/// the wall clock as time since 1970.
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
        401 | 403 => Err(refused(said(answer), shape)),
        400 if refuses_client(said(answer)) => Err(refused(said(answer), shape)),
        429 => Err(TokenRequestError::Busy { retry_after: retry_after() }),
        LOGIN_TO_NETWORK => Err(TokenRequestError::Intercepted(said(answer))),
        408 | 500..=599 => Err(TokenRequestError::ServerFailed { status, retry_after: retry_after() }),
        _ => Err(TokenRequestError::BadAnswer(AnswerFlaw::Status(said(answer)))),
    }
}

/// What an answer to a request without any credential shows of the server, which may refuse it as it likes.
///
/// # Errors
/// [`TokenRequestError`] where a token request would be no better off: the server is in trouble, or elsewhere.
pub fn probe_result(answer: &HttpAnswer, url: &RequestUrl) -> Result<ProbeResult, TokenRequestError> {
    let status = answer.status;
    let to = match status {
        301 | 302 | 303 | 307 | 308 => redirect::target(answer.location.as_deref(), url),
        _ => Target::SameOrigin,
    };
    match (status, to) {
        (LOGIN_TO_NETWORK, _) => Err(TokenRequestError::Intercepted(said(answer))),
        (408 | 500..=599, _) => Err(TokenRequestError::ServerFailed { status, retry_after: None }),
        (429, _) => Err(TokenRequestError::Busy { retry_after: None }),
        (_, Target::SameOrigin) => {
            let date = answer.date.as_deref().and_then(|text| std::str::from_utf8(text).ok());
            Ok(ProbeResult { status, date: date.and_then(|text| date::date(text.trim())) })
        }
        (_, to @ (Target::Origin(_) | Target::Unencrypted(_) | Target::Elsewhere | Target::Unfit)) => {
            Err(TokenRequestError::Redirected { to })
        }
    }
}

fn said(answer: &HttpAnswer) -> AnswerDescription {
    let (status, wanted_certificate) = (answer.status, answer.wanted_certificate);
    AnswerDescription { status, content: content::of(answer), wanted_certificate }
}

/// What is not worded as the API words it may come from whoever is on the way. A client's secret is then tried again
/// later; a password is not, because too many tries could shut its user out.
fn refused(said: AnswerDescription, shape: AnswerShape) -> TokenRequestError {
    let is_the_apis = said.content.is_the_apis() || said.status == 401 && said.content != Content::Html;
    match shape {
        AnswerShape::ApiClient if !is_the_apis => TokenRequestError::Intercepted(said),
        AnswerShape::ApiClient | AnswerShape::User => {
            TokenRequestError::Refused { said, is_doubtful: !is_the_apis }
        }
    }
}

/// Many a login page answers a wrong password with itself, and counts it.
fn no_token(flaw: AnswerFlaw, answer: &HttpAnswer, shape: AnswerShape) -> TokenRequestError {
    let is_a_page = matches!(flaw, AnswerFlaw::NotJson | AnswerFlaw::TooLong | AnswerFlaw::NoToken);
    match shape {
        AnswerShape::User if is_a_page => doubtful(answer),
        AnswerShape::ApiClient | AnswerShape::User => TokenRequestError::BadAnswer(flaw),
    }
}

/// The same with a redirect to such a page. A console that has moved names the new one.
fn redirected(to: Target, answer: &HttpAnswer, shape: AnswerShape) -> TokenRequestError {
    let is_a_page = matches!(to, Target::Elsewhere | Target::SameOrigin | Target::Unfit);
    match shape {
        AnswerShape::User if is_a_page => doubtful(answer),
        AnswerShape::ApiClient | AnswerShape::User => TokenRequestError::Redirected { to },
    }
}

/// Nobody has said that the password is wrong, and it is not sent again all the same.
fn doubtful(answer: &HttpAnswer) -> TokenRequestError {
    TokenRequestError::Refused { said: said(answer), is_doubtful: true }
}

fn issued(answer: &HttpAnswer, shape: AnswerShape) -> Result<IssuedToken, AnswerFlaw> {
    if !answer.is_whole {
        return Err(AnswerFlaw::TooLong);
    }
    let fields = Fields::read(&answer.body).ok_or(AnswerFlaw::NotJson)?;
    if fields.has_duplicate {
        return Err(AnswerFlaw::Duplicate);
    }
    match shape {
        AnswerShape::ApiClient => {
            let token = token(&fields.access_token)?;
            require_bearer(&fields.token_type)?;
            Ok(IssuedToken { token, life: life(&fields.expires_in)? })
        }
        AnswerShape::User => {
            Ok(IssuedToken { token: token(fields.data.user_token())?, life: USER_TOKEN_LIFE })
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
        Value::Number(_) | Value::Object(_) | Value::List(_) | Value::Other => Err(AnswerFlaw::TokenGrammar),
    }
}

fn require_bearer(field: &Value) -> Result<(), AnswerFlaw> {
    match field.text() {
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => Ok(()),
        _ => Err(AnswerFlaw::TokenType),
    }
}

fn life(field: &Value) -> Result<Duration, AnswerFlaw> {
    let seconds = match field {
        Value::Absent | Value::Null => return Ok(CLIENT_TOKEN_LIFE),
        Value::Number(seconds) => *seconds,
        Value::Text(text) => number(text).ok_or(AnswerFlaw::ExpiresIn)?,
        Value::Object(_) | Value::List(_) | Value::Other => return Err(AnswerFlaw::ExpiresIn),
    };
    Ok(Duration::from_secs_f64(seconds.clamp(0.0, MAX_LIFE.as_secs_f64())))
}

/// A number in digits; `inf` and `nan`, which Rust would also read, are none.
fn number(text: &str) -> Option<f64> {
    let is_numeric = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if text.bytes().all(is_numeric) { text.parse().ok() } else { None }
}

/// RFC 6749, section 5.2: the two errors that a 400 may carry and that mean the client itself.
fn refuses_client(said: AnswerDescription) -> bool {
    matches!(said.content, Content::Error(KnownError::InvalidClient | KnownError::UnauthorizedClient))
}

#[cfg(test)]
mod tests;
