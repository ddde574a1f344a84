//! Servers that send without end. What is counted is what the client took in, never how long it took.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_tokend::token_endpoint::{AnswerFlaw, TokenRequestError};
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::server::{Server, answering};
use crate::tls::{Authority, Tls, TlsServer};
use crate::{GOOD_BODY, ask, response};

/// What the system's own buffers hold beside what the client takes in.
const BUFFERS: usize = 32 << 20;

/// The outcome of a request to a server that sends pieces for as long as anybody takes them, and how many bytes it sent.
async fn flooded(
    authority: &Authority,
    version: &'static SupportedProtocolVersion,
    piece: &'static [u8],
    between: fn(&mut Tls<'_>),
) -> (TokenRequestError, usize) {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let flood = piece.repeat(1000);
    let server = TlsServer::speaking(authority, version, move |tls| {
        while tls.write_all(&flood).is_ok() {
            count.fetch_add(flood.len(), Ordering::Relaxed);
            between(tls);
        }
    });
    let outcome = ask(&server.url, Some(authority.bundle.clone())).await.unwrap_err();
    server.finish().await;
    (outcome, sent.load(Ordering::Relaxed))
}

#[tokio::test]
async fn g09_preliminary_answers_without_end_are_left_after_a_mebibyte() {
    let authority = Authority::new("floods");
    for version in [&TLS12, &TLS13] {
        for piece in
            [&b"HTTP/1.1 102 Processing\r\n\r\n"[..], b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"]
        {
            let (outcome, sent) = flooded(&authority, version, piece, |_| {}).await;
            assert_eq!(outcome, TokenRequestError::BadAnswer(AnswerFlaw::Endless));
            assert!(sent < BUFFERS, "{sent}");
        }
    }
}

#[tokio::test]
async fn g09_new_keys_buy_a_server_nothing() {
    let authority = Authority::new("new-keys");
    let renew = |tls: &mut Tls<'_>| tls.conn.refresh_traffic_keys().unwrap();
    let piece = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let (outcome, sent) = flooded(&authority, &TLS13, piece, renew).await;
    assert_eq!(outcome, TokenRequestError::BadAnswer(AnswerFlaw::Endless));
    assert!(sent < BUFFERS, "{sent}");
}

#[tokio::test]
async fn some_preliminary_answers_and_new_keys_are_passed_over() {
    let authority = Authority::new("some");
    let server = TlsServer::speaking(&authority, &TLS13, |tls| {
        for _ in 0..20 {
            tls.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n").unwrap();
            tls.conn.refresh_traffic_keys().unwrap();
        }
        tls.write_all(&response("200 OK", "", GOOD_BODY)).unwrap();
    });
    assert!(ask(&server.url, Some(authority.bundle.clone())).await.is_ok());
    server.finish().await;
}

/// What comes without TLS is not counted; that it ends is shown by what is said: who runs out of time says another thing.
#[tokio::test]
async fn g09_preliminary_answers_without_end_are_left_without_tls_too() {
    let flood = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(4000);
    let server = Server::start(move |mut stream, _| while stream.write_all(&flood).is_ok() {});
    let outcome = ask(&server.url, None).await.unwrap_err();
    assert_eq!(outcome, TokenRequestError::BadAnswer(AnswerFlaw::Endless));
    server.finish().await;
}

#[tokio::test]
async fn some_preliminary_answers_without_tls_are_passed_over() {
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(20);
    let server = answering([hints, response("200 OK", "", GOOD_BODY)].concat());
    assert!(ask(&server.url, None).await.is_ok());
    server.finish().await;
}
