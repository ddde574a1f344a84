//! Owns the tables of answers to a user's login.

use super::*;

fn outcome(status: u16, body: &str) -> Result<IssuedToken, TokenRequestError> {
    let url = RequestUrl::parse("https://crashplan.example", false).unwrap();
    read(&answer(status, body), AnswerShape::User, &url, NOW)
}

#[test]
fn the_documented_answer_is_a_token_of_thirty_minutes() {
    let body = r#"{"data":{"v3_user_token":"eyJjdHkiO.x_y-z"},"error":null,"warnings":null}"#;
    let issued = outcome(200, body).unwrap();
    assert_eq!(issued.token.expose(), b"eyJjdHkiO.x_y-z");
    assert_eq!(issued.life, Duration::from_secs(1800));
}

/// What has no flaw here is taken for a page that does not let its user in.
#[test]
fn e07_a_users_token_in_another_place_or_type_is_refused_and_never_quoted() {
    for (body, flaw) in [
        (r#"{"data":null}"#, None),
        (r#"{"data":{}}"#, None),
        (r#"{"data":{"v3_user_token":null}}"#, None),
        (r#"{"data":{"v3_user_token":""}}"#, None),
        (r#"{"v3_user_token":"abc"}"#, None),
        (r#"{"access_token":"abc","token_type":"bearer"}"#, None),
        (r#"{"data":["SENT"]}"#, None),
        (r#"{"data":{"v3_user_token":["SENT"]}}"#, Some(AnswerFlaw::TokenGrammar)),
        (r#"{"data":{"v3_user_token":"SENT\u001b"}}"#, Some(AnswerFlaw::TokenGrammar)),
        (r#"{"data":{"v3_user_token":"SENT","v3_user_token":"SENT"}}"#, None),
        (r#"{"data":{"v3_user_token":"SENT"},"data":{}}"#, Some(AnswerFlaw::Duplicate)),
        ("SENT", None),
    ] {
        let error = outcome(200, body).unwrap_err();
        match flaw {
            Some(flaw) => assert_eq!(error, TokenRequestError::BadAnswer(flaw), "{body}"),
            None => assert!(error.to_string().ends_with("perhaps not from CrashPlan"), "{body}: {error}"),
        }
        assert!(!format!("{error} {error:?}").contains("SENT"), "{error:?}");
    }
}

#[test]
fn a_missing_code_is_a_hint_and_a_refusal_without_it_is_a_refusal_all_the_same() {
    let asks = |body: &str| match outcome(401, body) {
        Err(refusal @ TokenRequestError::Refused { .. }) => refusal.asks_for_code(),
        other => panic!("no refusal: {other:?}"),
    };
    assert!(asks(r#"{"error":[{"primaryErrorKey":"TIME_BASED_ONE_TIME_PASSWORD_REQUIRED"}]}"#));
    assert!(!asks(r#"{"error":[{"primaryErrorKey":"SOMETHING_ELSE"}]}"#) && !asks(""));
}
