//! Owns the credential-helper protocol that EngFlow has published and Bazel speaks: one JSON object each way.

use std::collections::BTreeMap;

use cp_token_protocol::message::TokenResponse;
use cp_token_protocol::{ErrorCode, Failure, TargetUrl};
use serde::{Deserialize, Serialize};

use super::basic;
use crate::terminal::date::rfc3339;

/// The request; properties that it does not list are to be ignored.
#[derive(Deserialize)]
struct Request {
    uri: String,
}

#[derive(Serialize)]
struct Response {
    headers: BTreeMap<&'static str, [String; 1]>,
    expires: String,
}

/// The URI. Fails with [`ErrorCode::BAD_INPUT`], or with [`ErrorCode::UNKNOWN_URL`] if no profile can have such a URI.
pub(crate) fn question(input: &[u8]) -> Result<TargetUrl, Failure> {
    let request: Request = serde_json::from_slice(input)
        .map_err(|_| super::malformed(r#"standard input is no request of the form {"uri": "https://…"}"#))?;
    TargetUrl::parse(&request.uri).ok_or_else(|| {
        Failure::new(ErrorCode::UNKNOWN_URL, "the URI is none that a profile answers for")
            .with_hint("ask for https URIs of your profiles alone")
    })
}

/// The header for the URI, and when it expires.
pub(crate) fn answer(token: &TokenResponse) -> Result<Vec<u8>, Failure> {
    super::json(&Response {
        headers: BTreeMap::from([("Authorization", [basic::authorization(token)])]),
        expires: rfc3339(token.expires_at),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::adapters::samples;

    #[test]
    fn a_request_is_one_object_with_one_uri_whatever_else_it_says() {
        for input in [
            r#"{"uri":"https://h.example/a"}"#,
            r#" {"x": [1, {}], "uri": "https:\/\/h.example\/a" } "#,
            "{\"uri\":\"https://h.example/a\"}\n",
        ] {
            let expected = ("https://h.example".to_owned(), "/a".to_owned());
            let url = question(input.as_bytes()).unwrap();
            assert_eq!((url.origin, url.path), expected, "{input}");
        }
    }

    #[test]
    fn h13_what_is_no_request_is_malformed_and_what_is_no_uri_of_ours_is_unknown() {
        let code = |input: &str| question(input.as_bytes()).unwrap_err().code;
        for input in [
            "",
            "{}",
            "[]",
            "null",
            r#""https://h.example""#,
            r#"{"uri":1}"#,
            r#"{"uri":null}"#,
            r#"{"uri":["https://h.example"]}"#,
            r#"{"uri":"https://h.example","uri":"https://evil.example"}"#,
            r#"{"uri":"https://h.example"} x"#,
            r#"{"uri":"https://h.example"}{"uri":"https://h.example"}"#,
            r#"{"uri":"https://h.example""#,
            "{\"uri\":\"https://h.example\n\"}",
            "\u{feff}{\"uri\":\"https://h.example\"}",
        ] {
            assert_eq!(code(input), ErrorCode::BAD_INPUT, "{input}");
        }
        assert_eq!(question(b"{\"uri\":\"\xff\"}").unwrap_err().code, ErrorCode::BAD_INPUT);
        for uri in [
            "",
            "h.example",
            "ftp://h.example/",
            "https://u@h.example/",
            r"https://h.example\u000a/",
            r"https://h.example\u0000.evil.example/",
            r"https://h.example\\@evil.example/",
        ] {
            assert_eq!(code(&format!(r#"{{"uri":"{uri}"}}"#)), ErrorCode::UNKNOWN_URL, "{uri}");
        }
    }

    #[test]
    fn the_answer_is_the_published_schemas_with_an_array_for_each_header() {
        let text = String::from_utf8(answer(&samples::bearer()).unwrap()).unwrap();
        let expected = format!(
            "{{\"headers\":{{\"Authorization\":[\"Bearer {}\"]}},\"expires\":\"2027-01-15T08:00:00Z\"}}\n",
            samples::TOKEN
        );
        assert_eq!(text, expected);
        let text = String::from_utf8(answer(&samples::basic("jo:pw")).unwrap()).unwrap();
        assert!(text.contains("\"Basic am86cHc=\""), "{text}");
    }

    proptest! {
        #[test]
        fn no_input_makes_the_reading_fall_over(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = question(&input);
        }

        #[test]
        fn whatever_uri_is_taken_its_origin_is_its_beginning(uri in "https?://[a-z0-9.:@/?#%\\\\\\[\\]]{0,30}") {
            let input = serde_json::to_vec(&serde_json::json!({ "uri": uri })).unwrap();
            if let Ok(url) = question(&input) {
                prop_assert_eq!(format!("{}{}", url.origin, url.path), uri);
                prop_assert!(!url.origin.contains(['@', '%', '\\', '?', '#']));
                prop_assert!(url.path.is_empty() || url.path.starts_with('/'));
            }
        }
    }
}
