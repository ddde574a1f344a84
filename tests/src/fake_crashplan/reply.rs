//! Owns what the server answers by itself: the documented routes, replies and refusals. It does no I/O.

use std::time::Duration;

use super::accounts::{AccountKind, Accounts};
use super::answer::http_answer;
use super::ledger::{Asked, Credential, LOGIN_PATH, TOKEN_PATH};
use super::request::{Authorization, Request};

/// What a reply shows beyond its documented shape.
#[derive(Default)]
pub(super) struct Manners {
    pub(super) expires_in: ExpiresIn,
    /// Headers added to every one of the server's own answers.
    pub(super) headers: Vec<(String, String)>,
    /// How far the clock by which one-time codes are checked is ahead of the machine's.
    pub(super) ahead: Duration,
    /// Whether a missing one-time code is not named, as newer servers do not.
    pub(super) is_opaque: bool,
}

impl Manners {
    #[allow(clippy::disallowed_methods, reason = "the server's own clock, independent of the product's")]
    fn wall(&self) -> Duration {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.expect("a clock after 1970") + self.ahead
    }
}

/// The `expires_in` of a token reply.
#[derive(Default)]
pub(super) enum ExpiresIn {
    /// The true life in whole seconds.
    #[default]
    True,
    /// This JSON text, right or wrong.
    Raw(String),
    Absent,
}

/// One of the server's own answers.
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    pub(super) issued: Option<String>,
}

/// What the request's `Authorization` header is worth at `now`.
pub(super) fn check_credential(request: &Request, accounts: &Accounts, now: Duration) -> Credential {
    match request.authorization() {
        Authorization::Absent => Credential::None,
        Authorization::Unreadable => Credential::Unreadable,
        Authorization::Bearer(token) => Credential::Bearer { live: accounts.is_live(&token, now), token },
        Authorization::Basic { name, secret } => {
            Credential::Basic { right: accounts.authenticate(&name, &secret).is_some(), name }
        }
    }
}

/// The server's own answer to `request` at `now`.
pub(super) fn own(request: &Request, accounts: &mut Accounts, manners: &Manners, now: Duration) -> Reply {
    let (code, body, issued) = match Asked::by(&request.path) {
        Asked::Token if request.path == TOKEN_PATH => client_token(request, accounts, manners, now),
        Asked::Token => user_token(request, accounts, manners, now),
        Asked::Api => api(request, accounts, now),
        Asked::Elsewhere => refusal(404, "not_found"),
    };
    Reply { bytes: http_answer(code, &headers(code, request, manners), body.as_bytes()), issued }
}

fn headers<'a>(code: u16, request: &Request, manners: &'a Manners) -> Vec<(&'a str, &'a str)> {
    let mut headers = vec![("Content-Type", "application/json")];
    match code {
        401 if request.path == TOKEN_PATH => headers.push(("WWW-Authenticate", "Basic realm=\"CrashPlan\"")),
        401 => headers.push(("WWW-Authenticate", "Bearer realm=\"CrashPlan\"")),
        405 => headers.push(("Allow", if request.path == LOGIN_PATH { "GET" } else { "POST" })),
        _ => {}
    }
    headers.extend(manners.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    headers
}

fn client_token(
    request: &Request,
    accounts: &mut Accounts,
    manners: &Manners,
    now: Duration,
) -> (u16, String, Option<String>) {
    if request.method != "POST" {
        return refusal(405, "method_not_allowed");
    }
    if request.parameter("grant_type") != Some("client_credentials") {
        return refusal(400, "unsupported_grant_type");
    }
    match request.authorization() {
        Authorization::Basic { name, secret }
            if accounts.authenticate(&name, &secret) == Some(&AccountKind::Client) =>
        {
            let token = accounts.issue(&name, now);
            (200, token_body(&token, &manners.expires_in, accounts.life), Some(token))
        }
        Authorization::Absent
        | Authorization::Unreadable
        | Authorization::Bearer(_)
        | Authorization::Basic { .. } => refusal(401, "invalid_client"),
    }
}

fn token_body(token: &str, expires_in: &ExpiresIn, life: Duration) -> String {
    let token = serde_json::Value::from(token);
    let rest = match expires_in {
        ExpiresIn::True => format!(r#","expires_in":{}"#, life.as_secs()),
        ExpiresIn::Raw(text) => format!(r#","expires_in":{text}"#),
        ExpiresIn::Absent => String::new(),
    };
    format!(r#"{{"access_token":{token},"token_type":"bearer"{rest}}}"#)
}

/// Without `useBody=true` the vendor sends the token in a cookie only, which nothing here supports.
fn user_token(
    request: &Request,
    accounts: &mut Accounts,
    manners: &Manners,
    now: Duration,
) -> (u16, String, Option<String>) {
    let wall = manners.wall();
    if request.method != "GET" {
        return refusal(405, "method_not_allowed");
    }
    let Authorization::Basic { name, secret } = request.authorization() else {
        return refusal(401, "unauthorized");
    };
    if !matches!(accounts.authenticate(&name, &secret), Some(AccountKind::User { .. })) {
        return refusal(401, "unauthorized");
    }
    if !accounts.take_code(&name, request.header("totp-auth"), wall) {
        return code_refusal(request, manners.is_opaque);
    }
    let token = accounts.issue(&name, now);
    let wanted = request.parameter("useBody").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let shown =
        if wanted { serde_json::json!({ "v3_user_token": token }).to_string() } else { "null".into() };
    (200, enveloped(&shown), Some(token))
}

/// A missing code is named; a wrong one is not told from a wrong password.
fn code_refusal(request: &Request, is_opaque: bool) -> (u16, String, Option<String>) {
    match request.header("totp-auth") {
        None if !is_opaque => {
            let key = r#"{"error":[{"primaryErrorKey":"TIME_BASED_ONE_TIME_PASSWORD_REQUIRED"}]}"#;
            (401, key.into(), None)
        }
        None | Some(_) => refusal(401, "unauthorized"),
    }
}

/// Bearer everywhere; Basic of a user in every API version but the third.
fn api(request: &Request, accounts: &Accounts, now: Duration) -> (u16, String, Option<String>) {
    let welcome = match request.authorization() {
        Authorization::Bearer(token) => accounts.is_live(&token, now),
        Authorization::Basic { name, secret } => {
            let user = matches!(accounts.authenticate(&name, &secret), Some(AccountKind::User { .. }));
            user && !request.path.starts_with("/api/v3/")
        }
        Authorization::Absent | Authorization::Unreadable => false,
    };
    if !welcome {
        return refusal(401, "unauthorized");
    }
    let data = match request.path.as_str() {
        // What the official SDK asks first of a token source.
        "/api/v3/customer/my" => r#"{"tenantUid":"00000000-0000-4000-8000-000000000001"}"#,
        _ => r#"{"users":[]}"#,
    };
    (200, enveloped(data), None)
}

fn enveloped(data: &str) -> String {
    format!(r#"{{"data":{data},"error":null,"warnings":null}}"#)
}

fn refusal(code: u16, error: &str) -> (u16, String, Option<String>) {
    (code, format!(r#"{{"error":"{error}"}}"#), None)
}
