//! Servers that send without end over TLS. What is counted is what the client took in, never how long it took.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_tokend::authority::{AnswerFlaw, TokenRequestError};
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

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
