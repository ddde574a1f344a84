//! Owns the tables of what is said of an answer: words of our own lists, and which of them mean a refusal.

use super::*;

/// What the answer to this client or user is called.
fn description(shape: AnswerShape, answer: &HttpAnswer) -> String {
    let url = RequestUrl::parse("https://crashplan.example", false).unwrap();
    read(answer, shape, &url, NOW).unwrap_err().to_string()
}

fn typed(status: u16, content_type: &str, body: &str) -> HttpAnswer {
    HttpAnswer { content_type: Some(content_type.into()), ..answer(status, body) }
}

#[test]
fn e06_an_answer_is_described_and_never_quoted() {
    for (answer, said) in [
        (answer(401, ""), "HTTP 401"),
        (
            answer(401, r#"{"error":"invalid_client","error_description":"SECRET"}"#),
            "HTTP 401, invalid_client",
        ),
        (answer(401, r#"{"error":"inv\u0061lid_client"}"#), "HTTP 401, invalid_client"),
        (answer(401, r#"{"error":"SECRET"}"#), "HTTP 401, an error code that cp-token does not know"),
        (
            answer(401, r#"{"error":[{"primaryErrorKey":"SECRET"}]}"#),
            "HTTP 401, an error code that cp-token does not know",
        ),
        (
            answer(
                401,
                r#"{"data":null,"error":[{"primaryErrorKey":"INVALID_TIME_BASED_ONE_TIME_PASSWORD"}]}"#,
            ),
            "HTTP 401, INVALID_TIME_BASED_ONE_TIME_PASSWORD",
        ),
        (answer(401, "Could not authenticate user SECRET"), "HTTP 401, \"Could not authenticate user\""),
        (answer(401, r#"{"message":"SECRET"}"#), "HTTP 401, JSON without an error code"),
        (typed(401, "text/plain; charset=SECRET", "SECRET"), "HTTP 401, plain text"),
        (typed(401, "application/x-SECRET", "SECRET"), "HTTP 401, neither JSON nor text"),
        (typed(401, "Text/XML", "<SECRET/>"), "HTTP 401, XML"),
    ] {
        assert_eq!(description(AnswerShape::ApiClient, &answer), said);
    }
    let mut asked = answer(401, "");
    asked.wanted_certificate = true;
    let said = "HTTP 401, after it asked for a client certificate, which cp-token does not have";
    assert_eq!(description(AnswerShape::ApiClient, &asked), said);
}

/// The words of a portal, a gateway or a VPN, and those of the API.
#[test]
fn a_refusal_that_is_none_is_a_failure_of_the_way_for_a_client_and_doubtful_for_a_user() {
    let html = "<!DOCTYPE html><title>Log in</title>";
    for (answer, is_of_api) in [
        (answer(401, ""), true),
        (answer(401, "Unauthorized"), true),
        (answer(401, r#"{"error":"unknown"}"#), true),
        (answer(403, r#"{"error":"invalid_client"}"#), true),
        (answer(403, r#"{"error":[{"primaryErrorKey":"UNKNOWN"}]}"#), true),
        (answer(403, "Your CrashPlan product plan does not permit use of the CrashPlan API"), true),
        (typed(401, "text/html", "Could not authenticate user"), true),
        (answer(401, format!("\u{feff}\n {html}")), false),
        (typed(401, "text/html", ""), false),
        (answer(403, html), false),
        (answer(403, ""), false),
        (answer(403, "Forbidden"), false),
        (answer(403, r#"{"error":"blocked by policy"}"#), false),
        (answer(403, r#"{"message":"Forbidden"}"#), false),
    ] {
        let url = RequestUrl::parse("https://crashplan.example", false).unwrap();
        let client = read(&answer, AnswerShape::ApiClient, &url, NOW).unwrap_err();
        assert_eq!(matches!(client, TokenRequestError::Refused { is_doubtful: false, .. }), is_of_api);
        assert_eq!(matches!(client, TokenRequestError::Intercepted(_)), !is_of_api, "{client:?}");
        let said = description(AnswerShape::User, &answer);
        assert_eq!(said.ends_with(", perhaps not from CrashPlan"), !is_of_api, "{said}");
    }
}

/// All that can be said of an answer with this status, whatever it is: the types have no room for more.
fn all_words(status: u16) -> Vec<String> {
    let plain = [Content::Nothing, Content::VendorError, Content::UnknownError, Content::Html, Content::Json];
    let errors = KnownError::ALL.iter().map(|error| Content::Error(*error));
    let all = plain.into_iter().chain([Content::Xml, Content::Text, Content::Other]).chain(errors);
    let said = all.map(|content| AnswerDescription { status, content, wanted_certificate: false });
    let errors = said.flat_map(|said| {
        [
            TokenRequestError::Refused { answer: said, is_doubtful: false },
            TokenRequestError::Refused { answer: said, is_doubtful: true },
            TokenRequestError::Intercepted(said),
            TokenRequestError::BadAnswer(AnswerFlaw::Status(said)),
        ]
    });
    errors.map(|error| error.to_string()).collect()
}

proptest! {
    #[test]
    fn e06_whatever_an_answer_is_what_is_said_of_it_stands_on_a_list_of_ours(
        status in proptest::sample::select(vec![202_u16, 300, 400, 401, 403, 404, 418, 451, 599]),
        words in "[ -~]{0,40}",
        shape in proptest::sample::select(vec![
            "WORDS",
            "<WORDS",
            r#"{"error":"WORDS"}"#,
            r#"{"error":"invalid_client","error_description":"WORDS"}"#,
            r#"{"error":[{"primaryErrorKey":"WORDS"}]}"#,
            r#"{"error":{"primaryErrorKey":"WORDS"},"access_token":"WORDS"}"#,
            r#"{"access_token":"WORDS","token_type":"bearer"}"#,
        ]),
        content_type in proptest::option::of("[ -~]{0,40}|text/(html|plain|xml)|application/json"),
        is_whole in any::<bool>(),
    ) {
        let answer = HttpAnswer {
            content_type: content_type.map(String::into_bytes),
            is_whole,
            ..answer(status, shape.replace("WORDS", &words))
        };
        let url = RequestUrl::parse("https://crashplan.example", false).unwrap();
        for shape in [AnswerShape::ApiClient, AnswerShape::User] {
            let said = read(&answer, shape, &url, NOW).unwrap_err().to_string();
            let failed = format!("the server failed (HTTP {status})");
            prop_assert!(said == failed || all_words(status).contains(&said), "{}", said);
        }
    }
}
