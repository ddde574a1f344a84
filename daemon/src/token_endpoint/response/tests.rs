//! Owns the tables of answers: every status, every odd field, and what must never come through.

use proptest::prelude::*;

use zeroize::Zeroizing;

use super::super::error::Target;
use super::*;

mod users;
mod words;

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn answer(status: u16, body: impl AsRef<[u8]>) -> HttpAnswer {
    let body = Zeroizing::new(body.as_ref().to_vec());
    let (location, retry_after, date, content_type) = (None, None, None, None);
    let (is_whole, wanted_certificate) = (true, false);
    HttpAnswer { status, location, retry_after, date, content_type, body, is_whole, wanted_certificate }
}

fn outcome(answer: &HttpAnswer) -> Result<IssuedToken, TokenRequestError> {
    read(answer, AnswerShape::ApiClient, &RequestUrl::parse("https://crashplan.example", false).unwrap(), NOW)
}

fn flaw(body: impl AsRef<[u8]>) -> AnswerFlaw {
    match outcome(&answer(200, body)) {
        Err(TokenRequestError::BadAnswer(flaw)) => flaw,
        other => panic!("no flaw was found: {other:?}"),
    }
}

fn with_life(expires_in: &str) -> Result<IssuedToken, TokenRequestError> {
    let body = format!(r#"{{"access_token":"abc","token_type":"bearer","expires_in":{expires_in}}}"#);
    outcome(&answer(200, body))
}

#[test]
fn the_documented_answer_is_a_token_of_fifteen_minutes() {
    let body = r#"{"access_token":"eyJjdHkiO.x_y-z","token_type":"bearer","expires_in":900}"#;
    let issued = outcome(&answer(200, body)).unwrap();
    assert_eq!(issued.token.expose(), b"eyJjdHkiO.x_y-z");
    assert_eq!(issued.life, Duration::from_secs(900));
}

#[test]
fn spelling_of_the_type_escapes_and_unknown_fields_do_not_matter() {
    let body = r#" {"data":{"deep":[1,{"x":null}]},"token_type":"BEARER","access_\u0074oken":"a\/b","expires_in":5} "#;
    assert_eq!(outcome(&answer(200, body)).unwrap().token.expose(), b"a/b");
}

#[test]
fn f04_every_odd_life_is_clamped_or_refused() {
    for (expires_in, milliseconds) in [
        ("900", 900_000),
        ("0", 0),
        ("-1", 0),
        ("-1e308", 0),
        ("0.5", 500),
        ("86400", 86_400_000),
        ("86401", 86_400_000),
        ("18446744073709551615", 86_400_000),
        ("99999999999999999999999999", 86_400_000),
        ("1e308", 86_400_000),
        ("\"3600\"", 3_600_000),
        ("\"3600.5\"", 3_600_500),
        ("\"-7\"", 0),
        ("\"1e999\"", 86_400_000),
        ("null", 900_000),
    ] {
        let life = with_life(expires_in).unwrap().life;
        assert_eq!(life.as_millis(), milliseconds, "{expires_in}");
    }
    for expires_in in
        ["true", "[]", "{}", "[900]", "\"\"", "\"soon\"", "\"inf\"", "\"nan\"", "\" 900\"", "\"9 00\""]
    {
        let refusal = with_life(expires_in).unwrap_err();
        assert_eq!(refusal, TokenRequestError::BadAnswer(AnswerFlaw::ExpiresIn), "{expires_in}");
    }
    let absent = outcome(&answer(200, r#"{"access_token":"abc","token_type":"bearer"}"#)).unwrap();
    assert_eq!(absent.life, CLIENT_TOKEN_LIFE);
}

#[test]
fn g10_a_token_that_could_break_out_of_a_line_is_refused() {
    for token in
        [r"a\r\nb", r"a\nb", r"a\u0000b", r"a\u001b[0m", "a b", "é", "a\\\"b", "$(x)", "a,b", "a=b", "="]
    {
        let body = format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#);
        assert_eq!(flaw(body), AnswerFlaw::TokenGrammar, "{token}");
    }
    let long = format!(r#"{{"access_token":"{}","token_type":"bearer"}}"#, "a".repeat(8193));
    assert_eq!(flaw(long), AnswerFlaw::TokenGrammar);
}

#[test]
fn e07_a_token_in_the_wrong_place_or_type_is_never_quoted() {
    for body in [
        r#"{"access_token":"abc","token_type":"bearer","expires_in":"SECRET"}"#,
        r#"{"access_token":"abc","token_type":"SECRET"}"#,
        r#"{"access_token":["SECRET"],"token_type":"bearer"}"#,
        r#"{"access_token":{"value":"SECRET"},"token_type":"bearer"}"#,
        r#"{"token":"SECRET","token_type":"bearer"}"#,
        r#"{"access_token":"SECRET" "token_type":"bearer"}"#,
        r#""SECRET""#,
    ] {
        let refusal = outcome(&answer(200, body)).unwrap_err();
        assert!(!format!("{refusal} {refusal:?}").contains("SECRET"), "{refusal:?}");
    }
}

#[test]
fn g12_what_is_not_one_json_object_is_refused() {
    let good = r#"{"access_token":"abc","token_type":"bearer"}"#;
    assert!(outcome(&answer(200, good)).is_ok());
    let deep = format!(
        r#"{{"x":{}{},"access_token":"abc","token_type":"bearer"}}"#,
        "[".repeat(9000),
        "]".repeat(9000)
    );
    for body in [
        "",
        "<html><body>Please log in</body></html>",
        "null",
        "[]",
        "\"abc\"",
        &format!("\u{feff}{good}"),
        &format!("{good}{good}"),
        &format!("{good} trailing"),
        &good[..good.len() - 1],
        &deep,
        r#"{"access_token":"abc","token_type":"bearer","expires_in":1e999}"#,
        r#"{"access_token":"abc","token_type":"bearer",}"#,
    ] {
        assert_eq!(flaw(body), AnswerFlaw::NotJson, "{}", &body[..body.len().min(60)]);
    }
    assert_eq!(flaw(b"{\"access_token\":\"\xff\",\"token_type\":\"bearer\"}"), AnswerFlaw::NotJson);
}

#[test]
fn g12_a_field_given_twice_is_refused_even_when_one_is_escaped_or_null() {
    for body in [
        r#"{"access_token":"abc","access_token":"def","token_type":"bearer"}"#,
        r#"{"access_token":"abc","access_\u0074oken":"def","token_type":"bearer"}"#,
        r#"{"access_token":null,"access_token":"def","token_type":"bearer"}"#,
        r#"{"access_token":"abc","token_type":"bearer","expires_in":1,"expires_in":2}"#,
    ] {
        assert_eq!(flaw(body), AnswerFlaw::Duplicate, "{body}");
    }
}

#[test]
fn g13_no_token_or_another_type_is_refused() {
    for body in ["{}", r#"{"access_token":null}"#, r#"{"access_token":""}"#, r#"{"token_type":"bearer"}"#] {
        assert_eq!(flaw(body), AnswerFlaw::NoToken, "{body}");
    }
    for token_type in ["null", "\"\"", "\"mac\"", "\"bearer \"", "1", "[\"bearer\"]"] {
        let body = format!(r#"{{"access_token":"abc","token_type":{token_type}}}"#);
        assert_eq!(flaw(body), AnswerFlaw::TokenType, "{token_type}");
    }
    assert_eq!(flaw(r#"{"access_token":"abc"}"#), AnswerFlaw::TokenType);
}

#[test]
fn g07_a_body_that_was_cut_is_no_answer() {
    let mut cut = answer(200, r#"{"access_token":"abc","token_type":"bearer"}"#);
    cut.is_whole = false;
    assert_eq!(outcome(&cut).unwrap_err(), TokenRequestError::BadAnswer(AnswerFlaw::TooLong));
}

#[test]
fn a_whole_token_answer_is_one_with_200_and_201_alone() {
    let body = r#"{"access_token":"abc","token_type":"bearer","expires_in":900}"#;
    for status in 100..=999 {
        let outcome = outcome(&answer(status, body));
        assert_eq!(outcome.is_ok(), matches!(status, 200 | 201), "{status}");
    }
    let half = outcome(&answer(201, r#"{"access_token":"abc"}"#)).unwrap_err();
    assert_eq!(half, TokenRequestError::BadAnswer(AnswerFlaw::TokenType));
}

#[test]
fn every_status_has_somebody_to_blame() {
    for status in 100..=999 {
        let refusal = match outcome(&answer(status, r#"{"error":"invalid_client"}"#)) {
            Err(refusal) => refusal,
            Ok(_) => panic!("{status} issued a token"),
        };
        let is_right = match status {
            200 | 201 => matches!(refusal, TokenRequestError::BadAnswer(AnswerFlaw::NoToken)),
            301 | 302 | 303 | 307 | 308 => matches!(refusal, TokenRequestError::Redirected { .. }),
            400 | 401 | 403 => matches!(refusal, TokenRequestError::Refused { .. }),
            429 => matches!(refusal, TokenRequestError::Busy { .. }),
            511 => matches!(refusal, TokenRequestError::Intercepted(_)),
            408 | 500..=599 => matches!(refusal, TokenRequestError::ServerFailed { .. }),
            _ => matches!(refusal, TokenRequestError::BadAnswer(AnswerFlaw::Status(_))),
        };
        assert!(is_right, "{status}: {refusal:?}");
    }
}

#[test]
fn a_400_refuses_the_client_only_where_it_says_so() {
    for body in
        [r#"{"error":"invalid_client"}"#, r#"{"error":"unauthorized_client","error_description":"x"}"#]
    {
        assert!(
            matches!(outcome(&answer(400, body)), Err(TokenRequestError::Refused { is_doubtful: false, .. })),
            "{body}"
        );
    }
    for body in ["", "bad gateway", r#"{"error":"invalid_request"}"#, r#"{"error":["invalid_client"]}"#] {
        let expected = outcome(&answer(400, body));
        assert!(matches!(expected, Err(TokenRequestError::BadAnswer(AnswerFlaw::Status(_)))), "{body}");
    }
}

#[test]
fn the_delay_is_what_the_server_asks_for() {
    let mut busy = answer(429, "");
    assert_eq!(outcome(&busy).unwrap_err(), TokenRequestError::Busy { retry_after: None });
    busy.retry_after = Some(b"42".to_vec());
    assert_eq!(
        outcome(&busy).unwrap_err(),
        TokenRequestError::Busy { retry_after: Some(Duration::from_secs(42)) }
    );
    busy.status = 503;
    let retry_after = Some(Duration::from_secs(42));
    assert_eq!(outcome(&busy).unwrap_err(), TokenRequestError::ServerFailed { status: 503, retry_after });
}

#[test]
fn g01_a_redirect_names_its_origin() {
    let mut redirect = answer(307, "");
    redirect.location = Some(b"https://www.crashplan.com/console?token=SECRET".to_vec());
    let to = Target::Origin(RequestUrl::parse("https://www.crashplan.com", false).unwrap());
    assert_eq!(outcome(&redirect).unwrap_err(), TokenRequestError::Redirected { to });
    let nowhere = outcome(&answer(308, "")).unwrap_err();
    assert_eq!(nowhere, TokenRequestError::Redirected { to: Target::Invalid });
}

proptest! {
    #[test]
    fn no_answer_makes_the_reader_fall_over_or_say_anything_but_visible_ascii(
        status in 100_u16..600,
        body in proptest::collection::vec(any::<u8>(), 0..300),
        header in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..60)),
    ) {
        let mut answer = answer(status, &body);
        answer.location = header.clone();
        answer.retry_after = header;
        if let Err(refusal) = outcome(&answer) {
            prop_assert!(refusal.to_string().bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
        }
    }

    #[test]
    fn every_number_is_a_life_within_its_bounds(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let life = with_life(&format!("{number:e}")).unwrap().life;
        prop_assert!(life <= MAX_LIFE);
    }
}
