//! Owns one connection: reads its one request and plays the answer. What the answer is, others decide.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::answer::{Answer, Ending, http_answer};
use super::ledger::{Asked, Outcome};
use super::request::{self, Request};
use super::shared::Shared;

/// How long a client may take to close after the answer. Closing at once would turn unread input into an RST
/// that can overtake the answer.
const LINGER: Duration = Duration::from_secs(2);

/// A byte stream, with TLS or without, that ends in one TCP connection.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {
    /// The TCP connection below.
    fn tcp(&self) -> &TcpStream;
}

impl Connection for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Connection for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Serves one request and closes.
pub(super) async fn serve(shared: &Shared, mut stream: impl Connection) {
    let Ok(Some(request)) = request::read(&mut stream).await else {
        return;
    };
    if shared.ledger_page && request.path == "/_ledger" {
        // A client that leaves early loses only its own page.
        let _ = send_all(&mut stream, &ledger_page(shared), Ending::Close).await;
        return;
    }
    let number = shared.arrived(request.clone());
    if passed_gate(shared, &mut stream, number, &request).await {
        let answer = shared.decide(number, &request);
        // A failed write means that the client has left, which the outcome below says.
        let _ = play(shared, number, &mut stream, answer).await;
    }
    shared.close(number, Outcome::Abandoned);
}

/// False when the client left while its request was held.
async fn passed_gate(shared: &Shared, stream: &mut impl Connection, number: u64, request: &Request) -> bool {
    if Asked::by(&request.path) != Asked::Token {
        return true;
    }
    tokio::select! {
        biased;
        () = shared.gate_open(number) => true,
        () = closed_by_client(stream) => false,
    }
}

async fn play(shared: &Shared, number: u64, stream: &mut impl Connection, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Normally => unreachable!("the server's own answer stands in its place"),
        Answer::Stall => {
            closed_by_client(stream).await;
            Ok(())
        }
        Answer::Bytes { bytes, ending } => {
            shared.close(number, Outcome::Answered(status_of(&bytes)));
            send_all(stream, &bytes, ending).await
        }
        Answer::Trickle { bytes, every } => trickle(shared, number, stream, &bytes, every).await,
        Answer::Endless { start, again } => {
            stream.write_all(&start).await?;
            loop {
                stream.write_all(&again).await?;
            }
        }
    }
}

async fn send_all(stream: &mut impl Connection, bytes: &[u8], ending: Ending) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await?;
    end(stream, ending).await
}

async fn trickle(
    shared: &Shared,
    number: u64,
    stream: &mut impl Connection,
    bytes: &[u8],
    every: Duration,
) -> io::Result<()> {
    for (index, byte) in bytes.iter().enumerate() {
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = closed_by_client(stream) => return Ok(()),
        }
        if index + 1 == bytes.len() {
            shared.close(number, Outcome::Answered(status_of(bytes)));
        }
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    end(stream, Ending::Close).await
}

async fn end(stream: &mut impl Connection, ending: Ending) -> io::Result<()> {
    match ending {
        Ending::Reset => stream.tcp().set_zero_linger(),
        Ending::Close => {
            stream.shutdown().await?;
            // The client has its answer; whether it closes in time is its own affair.
            let _ = tokio::time::timeout(LINGER, closed_by_client(stream)).await;
            Ok(())
        }
    }
}

/// Returns when the client has closed its side. Whatever it still sends is thrown away.
async fn closed_by_client(stream: &mut impl Connection) {
    let mut scratch = [0; 4096];
    while let Ok(1..) = stream.read(&mut scratch).await {}
}

fn status_of(bytes: &[u8]) -> Option<u16> {
    let line = bytes.strip_prefix(b"HTTP/1.1 ")?;
    std::str::from_utf8(line.get(..3)?).ok()?.parse().ok()
}

fn ledger_page(shared: &Shared) -> Vec<u8> {
    let page = shared.with(|state| {
        serde_json::json!({
            "token_requests": state.ledger.token_requests(),
            "api_requests": state.ledger.api_requests(),
            "refused_bearers": state.ledger.refused_bearers(),
        })
    });
    http_answer(200, &[("Content-Type", "application/json")], page.to_string().as_bytes())
}
