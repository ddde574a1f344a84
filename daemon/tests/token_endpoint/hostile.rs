//! Servers that redirect, flood, stall, break off or speak something else.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use cp_tokend::token_endpoint::{AnswerFlaw, ConnectFailure, IssuedToken, Target, TokenRequestError};
use rustix::net::sockopt::set_socket_linger;
use tokio::sync::oneshot;

use crate::server::{Decoy, Server, answering, stalling, wait_for_end};
use crate::{GOOD_BODY, ask, response};

fn bad(flaw: AnswerFlaw) -> TokenRequestError {
    TokenRequestError::BadAnswer(flaw)
}

#[tokio::test]
async fn g01_a_redirect_is_reported_and_never_followed() {
    let decoy = Decoy::new();
    for status in ["301 A", "302 B", "303 C", "307 D", "308 E"] {
        let to = format!("http://{}", decoy.authority());
        let server = answering(response(status, &format!("Location: {to}/login\r\n"), ""));
        let refusal = ask(&server.url, None).await.unwrap_err();
        assert_eq!(refusal, TokenRequestError::Redirected { to: Target::Elsewhere }, "{status}");
        server.finish().await;
    }
    assert!(!decoy.was_visited());
    TcpStream::connect(decoy.authority()).unwrap();
    assert!(decoy.was_visited(), "the decoy notices visitors");
}

#[tokio::test]
async fn g07_endless_body_is_cut_at_64_kib() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] {
        let server = Server::start(move |mut stream, _| {
            stream.write_all(head.as_bytes()).unwrap();
            let piece = format!("400\r\n{}\r\n", " ".repeat(1024));
            while stream.write_all(piece.as_bytes()).is_ok() {}
        });
        assert_eq!(ask(&server.url, None).await.unwrap_err(), bad(AnswerFlaw::TooLong));
        server.finish().await;
    }
}

#[tokio::test]
async fn g07_the_last_byte_of_64_kib_is_still_read() {
    let padded = |length: usize| format!("{GOOD_BODY}{}", " ".repeat(length - GOOD_BODY.len()));
    let server = answering(response("200 OK", "", &padded(64 * 1024)));
    assert!(ask(&server.url, None).await.is_ok());
    let server = answering(response("200 OK", "", &padded(64 * 1024 + 1)));
    assert_eq!(ask(&server.url, None).await.unwrap_err(), bad(AnswerFlaw::TooLong));
}

#[tokio::test]
async fn g07_compression_is_neither_asked_for_nor_undone() {
    let zipped = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03";
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", zipped.len());
    let server = answering([head.as_bytes(), zipped].concat());
    assert_eq!(ask(&server.url, None).await.unwrap_err(), bad(AnswerFlaw::NotJson));
    assert!(!String::from_utf8(server.finish().await).unwrap().to_lowercase().contains("accept-encoding"));
    let server = answering(response("200 OK", "Content-Encoding: gzip\r\n", GOOD_BODY));
    assert!(ask(&server.url, None).await.is_ok());
}

/// The outcome of a request whose server has gone silent, after half a minute of virtual time.
async fn after_silence(server: Server<()>, has_sent: oneshot::Receiver<()>) -> TokenRequestError {
    let url = server.url.clone();
    let request = tokio::spawn(async move { ask(&url, None).await });
    has_sent.await.unwrap();
    tokio::time::pause();
    let outcome: Result<IssuedToken, _> = request.await.unwrap();
    tokio::time::resume();
    server.finish().await;
    outcome.unwrap_err()
}

#[tokio::test]
async fn g08_a_server_that_falls_silent_anywhere_is_left() {
    let whole = response("200 OK", "", GOOD_BODY);
    for length in [0, 1, 20, whole.len() - GOOD_BODY.len(), whole.len() - 1] {
        let (server, has_sent) = stalling(whole[..length].to_vec());
        assert_eq!(after_silence(server, has_sent).await, TokenRequestError::TimedOut, "{length}");
    }
}

#[tokio::test]
async fn g08_one_byte_at_a_time_does_not_buy_more_time() {
    let (tick, ticks) = std::sync::mpsc::sync_channel::<()>(0);
    let (begun, has_begun) = oneshot::channel();
    let server = Server::start(move |mut stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").unwrap();
        begun.send(()).unwrap();
        while ticks.recv().is_ok() && stream.write_all(b" ").is_ok() {}
    });
    let url = server.url.clone();
    let request = tokio::spawn(async move { ask(&url, None).await });
    has_begun.await.unwrap();
    tokio::time::pause();
    for _ in 0..60 {
        let _ = tick.try_send(());
        tokio::time::advance(Duration::from_millis(500)).await;
    }
    assert!(request.is_finished(), "half a minute has passed");
    assert_eq!(request.await.unwrap().unwrap_err(), TokenRequestError::TimedOut);
    drop(tick);
    server.finish().await;
}

#[tokio::test]
async fn g09_headers_beyond_all_bounds_are_refused() {
    let many: String = (0..10_000).map(|number| format!("X-{number}: y\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "y".repeat(1 << 20));
    for headers in [many, long] {
        let server = Server::start(move |mut stream, _| {
            // The client leaves before it has read all of this.
            drop(stream.write_all(&response("200 OK", &headers, GOOD_BODY)));
            wait_for_end(&mut stream);
        });
        assert_eq!(ask(&server.url, None).await.unwrap_err(), bad(AnswerFlaw::NotHttp));
        server.finish().await;
    }
    let some: String = (0..50).map(|number| format!("X-{number}: y\r\n")).collect();
    let server = answering(response("200 OK", &some, GOOD_BODY));
    assert!(ask(&server.url, None).await.is_ok());
}

#[tokio::test]
async fn g09_preliminary_answers_are_passed_over_and_buy_no_time() {
    let preliminary = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let server = answering([&preliminary.repeat(20)[..], &response("200 OK", "", GOOD_BODY)].concat());
    assert!(ask(&server.url, None).await.is_ok());
    let (server, has_sent) = stalling(preliminary.repeat(20));
    assert_eq!(after_silence(server, has_sent).await, TokenRequestError::TimedOut);
}

#[tokio::test]
async fn g16_a_connection_that_breaks_off_anywhere_is_reported_and_not_tried_again() {
    let whole = response("200 OK", "", GOOD_BODY);
    for length in [0, 20, whole.len() - GOOD_BODY.len(), whole.len() - 1] {
        for is_reset in [false, true] {
            let bytes = whole[..length].to_vec();
            let server = Server::start(move |mut stream, _| {
                stream.write_all(&bytes).unwrap();
                if is_reset {
                    set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
                }
            });
            let refusal = ask(&server.url, None).await.unwrap_err();
            assert_eq!(
                refusal,
                TokenRequestError::Unreachable(ConnectFailure::Closed),
                "{length} {is_reset}"
            );
            server.finish().await;
        }
    }
}

#[tokio::test]
async fn g16_nobody_listening_is_reported_as_that() {
    let authority = Decoy::new().authority();
    let refusal = ask(&format!("http://{authority}"), None).await.unwrap_err();
    assert_eq!(refusal, TokenRequestError::Unreachable(ConnectFailure::ConnectionRefused));
}

#[tokio::test]
async fn g12_what_is_not_http_is_reported_as_that() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let server = answering(bytes.to_vec());
        assert_eq!(ask(&server.url, None).await.unwrap_err(), bad(AnswerFlaw::NotHttp), "{bytes:?}");
    }
}
