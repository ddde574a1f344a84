//! Owns the answers of a server that may say anything: each goes through the real reading of answers.

use std::time::Duration;

use cp_tokend::profile::request_url::RequestUrl;
use cp_tokend::token_endpoint::HttpAnswer;
use cp_tokend::token_endpoint::response::{self, AnswerShape};
use cp_tokend::token_endpoint::{CertificateFlaw, IssuedToken, TokenRequestError};
use zeroize::Zeroizing;

use crate::random::Random;

/// Every odd life that a server has been seen to state, and some that none has.
const LIVES: &[&str] = &[
    "900",
    "900",
    "900",
    "1800",
    "60",
    "10",
    "2",
    "1",
    "0",
    "-1",
    "-900",
    "null",
    "\"3600\"",
    "3.7",
    "0.05",
    "1e308",
    "-1e308",
    "86400",
    "86401",
    "18446744073709551615",
    "9223372036854775808",
];

/// One answer; the token in it is `token`.
pub(crate) fn answer(
    random: &mut Random,
    token: &str,
    wall: Duration,
) -> Result<IssuedToken, TokenRequestError> {
    match random.below(20) {
        0 => read(401, "{\"error\":\"invalid_client\"}", None, wall),
        1 => read(503, "", Some(["0", "7", "99999", "soon"][random.below(4) as usize]), wall),
        2 => read(500, "<html>", None, wall),
        3 => read(429, "", random.one_in(2).then_some("3"), wall),
        4 => read(200, "{\"access_token\":\"a b\",\"token_type\":\"bearer\"}", None, wall),
        5 if random.one_in(2) => Err(TokenRequestError::Untrusted(CertificateFlaw::Expired)),
        5 => Err(TokenRequestError::TimedOut),
        6 => read(200, &format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\"}}"), None, wall),
        _ => {
            let life = random.pick(LIVES);
            let body =
                format!("{{\"access_token\":\"{token}\",\"token_type\":\"bearer\",\"expires_in\":{life}}}");
            read(200, &body, None, wall)
        }
    }
}

/// A token that lives as long as most.
pub(crate) fn token_response(token: &str) -> Result<IssuedToken, TokenRequestError> {
    let body = format!("{{\"access_token\":\"{token}\",\"token_type\":\"bearer\",\"expires_in\":900}}");
    read(200, &body, None, Duration::ZERO)
}

/// One answer to a user's login; the token in it is `token`.
pub(crate) fn answer_to_user(
    random: &mut Random,
    token: &str,
    wall: Duration,
) -> Result<IssuedToken, TokenRequestError> {
    let good = format!("{{\"data\":{{\"v3_user_token\":\"{token}\"}},\"error\":null,\"warnings\":null}}");
    let missing = "{\"error\":[{\"primaryErrorKey\":\"TIME_BASED_ONE_TIME_PASSWORD_REQUIRED\"}]}";
    match random.below(20) {
        0 => read_as(AnswerShape::User, 401, "{\"error\":\"unauthorized\"}", None, wall),
        1 => read_as(AnswerShape::User, 401, missing, None, wall),
        2 => read_as(AnswerShape::User, 503, "", Some("7"), wall),
        3 => Err(TokenRequestError::TimedOut),
        4 => read_as(AnswerShape::User, 200, "{\"data\":null}", None, wall),
        _ => read_as(AnswerShape::User, 200, &good, None, wall),
    }
}

/// The answer to a user whose password or code is wrong.
pub(crate) fn refusal_of_user() -> TokenRequestError {
    let refused = read_as(AnswerShape::User, 401, "{\"error\":\"unauthorized\"}", None, Duration::ZERO);
    refused.expect_err("no token is in it")
}

fn read(
    status: u16,
    body: &str,
    retry_after: Option<&str>,
    wall: Duration,
) -> Result<IssuedToken, TokenRequestError> {
    read_as(AnswerShape::ApiClient, status, body, retry_after, wall)
}

fn read_as(
    shape: AnswerShape,
    status: u16,
    body: &str,
    retry_after: Option<&str>,
    wall: Duration,
) -> Result<IssuedToken, TokenRequestError> {
    let url = RequestUrl::parse("https://console.example.com", false).expect("a request URL");
    let answer = HttpAnswer {
        status,
        location: None,
        retry_after: retry_after.map(|text| text.as_bytes().to_vec()),
        date: None,
        body: Zeroizing::new(body.as_bytes().to_vec()),
        is_whole: true,
        content_type: None,
        wanted_certificate: false,
    };
    response::read(&answer, shape, &url, wall)
}
