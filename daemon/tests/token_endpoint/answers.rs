//! What is sent, and what every ordinary answer leads to.

use std::time::Duration;

use cp_tokend::token_endpoint::{AnswerDescription, AnswerFlaw, Content, KnownError, TokenRequestError};

use crate::server::answering;
use crate::{GOOD_BODY, ask, response};

#[tokio::test]
async fn the_request_is_the_vendors_and_the_token_is_the_servers() {
    let server = answering(response("200 OK", "Content-Type: application/json\r\n", GOOD_BODY));
    let host = server.url.strip_prefix("http://").unwrap().to_owned();
    let issued = ask(&server.url, None).await.unwrap();
    assert_eq!(issued.token.expose(), b"eyJjdHkiO.x_y-z");
    assert_eq!(issued.life, Duration::from_secs(900));

    let request = String::from_utf8(server.finish().await).unwrap().to_lowercase();
    let (line, rest) = request.split_once("\r\n").unwrap();
    assert_eq!(line, "post /api/v3/oauth/token?grant_type=client_credentials http/1.1");
    let mut headers: Vec<&str> = rest.strip_suffix("\r\n\r\n").unwrap().split("\r\n").collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "accept: application/json",
            "authorization: basic a2v5ltqyolmzy3izdc9vzit0agu6y2xpzw50",
            "content-length: 0",
            &format!("host: {host}"),
            &format!("user-agent: cp-token/{}", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[tokio::test]
async fn the_connection_ends_with_the_exchange_even_where_the_server_would_keep_it() {
    let server = answering(response("200 OK", "Connection: keep-alive\r\n", GOOD_BODY));
    ask(&server.url, None).await.unwrap();
    // The script reads to the end of the connection, so it ends only if that does.
    server.finish().await;
}

#[tokio::test]
async fn a_name_for_loopback_works_like_its_address() {
    let server = answering(response("200 OK", "", GOOD_BODY));
    assert!(ask(&server.url.replace("127.0.0.1", "localhost"), None).await.is_ok());
}

#[tokio::test]
async fn each_refusal_is_told_apart() {
    let retry_after = Some(Duration::from_secs(7));
    let invalid_client = Content::Error(KnownError::InvalidClient);
    let html = "Content-Type: text/html\r\n";
    for (status, headers, body, expected) in [
        (
            "401 No",
            "",
            "Could not authenticate user",
            refused(401, Content::Error(KnownError::NotAuthenticated)),
        ),
        ("401 No", "", "", refused(401, Content::Nothing)),
        ("403 No", "", "", TokenRequestError::Intercepted(said(403, Content::Nothing))),
        ("403 No", html, "Log in", TokenRequestError::Intercepted(said(403, Content::Html))),
        ("400 No", "", r#"{"error":"invalid_client"}"#, refused(400, invalid_client)),
        ("429 Slow", "Retry-After: 7\r\n", "", TokenRequestError::Busy { retry_after }),
        ("503 Ill", "Retry-After: 7\r\n", "", TokenRequestError::ServerFailed { status: 503, retry_after }),
        ("500 Ill", "", "<html>", TokenRequestError::ServerFailed { status: 500, retry_after: None }),
        ("404 Gone", "", "<html>", odd_status(404, Content::Html)),
        ("202 Taken", "", GOOD_BODY, odd_status(202, Content::Json)),
        ("201 Made", "", "x", TokenRequestError::BadAnswer(AnswerFlaw::NotJson)),
    ] {
        let server = answering(response(status, headers, body));
        assert_eq!(ask(&server.url, None).await.unwrap_err(), expected, "{status}");
        server.finish().await;
    }
    let server = answering(response("201 Made", "", GOOD_BODY));
    assert!(ask(&server.url, None).await.is_ok());
}

fn said(status: u16, content: Content) -> AnswerDescription {
    AnswerDescription { status, content, wanted_certificate: false }
}

fn refused(status: u16, content: Content) -> TokenRequestError {
    TokenRequestError::Refused { answer: said(status, content), is_doubtful: false }
}

fn odd_status(status: u16, content: Content) -> TokenRequestError {
    TokenRequestError::BadAnswer(AnswerFlaw::Status(said(status, content)))
}

#[tokio::test]
async fn a_refusal_stands_even_when_its_body_breaks_off() {
    let server = answering(b"HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nno!".to_vec());
    assert_eq!(ask(&server.url, None).await.unwrap_err(), refused(401, Content::Other));
    let server = crate::server::Server::start(|mut stream, _| {
        use std::io::Write;
        stream.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\nno!").unwrap();
    });
    assert_eq!(ask(&server.url, None).await.unwrap_err(), refused(401, Content::Other));
}
