//! Owns the tables of a server's own words: what is passed on of them, and what never is.

use super::*;

#[test]
fn g11_a_servers_words_are_cleaned_cut_and_left_out_where_they_are_a_page() {
    for (body, words) in [
        ("Could not authenticate user", "Could not authenticate user"),
        (
            r#"{"error":"invalid_client","error_description":"no\u001b[2J\u202esuch key"}"#,
            "invalid_client: no?[2J?such key",
        ),
        (r#"{"error":"invalid_client"}"#, "invalid_client"),
        (r#"{"error":[{"primaryErrorKey":"X"}]}"#, r#"{"error":[{"primaryErrorKey":"X"}]}"#),
        ("  <html>login</html>", ""),
        ("", ""),
    ] {
        let refusal = outcome(&answer(401, body)).unwrap_err();
        assert_eq!(
            refusal,
            TokenRequestError::Refused { status: 401, words: words.to_owned(), asks_for_code: false }
        );
    }
    let TokenRequestError::Refused { words, .. } = outcome(&answer(403, "x".repeat(9000))).unwrap_err()
    else {
        panic!("403 is a refusal");
    };
    assert_eq!(words.len(), WORDS_LIMIT);
}

#[test]
fn words_that_must_not_be_quoted_are_not() {
    let mut refusal = answer(401, "you sent SECRET");
    refusal.is_quotable = false;
    assert_eq!(
        outcome(&refusal).unwrap_err(),
        TokenRequestError::Refused { status: 401, words: String::new(), asks_for_code: false }
    );
}
