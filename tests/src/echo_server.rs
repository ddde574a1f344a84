//! Owns a server that repeats what it was sent: the credential and a live token, in every place of an HTTP answer, in the
//! spelling and with the status that the client's own name asks for. It knows nothing of the product.

mod spelling;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub use spelling::Spelling;

/// A safety net, and no measure.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The shapes of a body that repeats; which one is chosen follows from the status and the spelling.
const SHAPES: usize = 5;

/// A running server. Dropping it ends it.
pub struct EchoServer {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    /// A live token that every answer shows, in places where no token belongs.
    token: String,
    tls: Option<Arc<ServerConfig>>,
    answered: AtomicUsize,
    is_over: AtomicBool,
}

/// The name of a client or user whose requests are answered with this status, in the spelling of this number.
pub fn name_for(status: u16, spelling: usize) -> String {
    format!("echo-{status}-{spelling}")
}

impl EchoServer {
    /// Starts on a free port of 127.0.0.1, with TLS where there are settings for it. `token` is what it shows.
    pub fn start(token: &str, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("bind a loopback port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let (answered, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { token: token.to_owned(), tls, answered, is_over });
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || serve(&listener, &serving));
        Self { port, shared, thread: Some(thread) }
    }

    /// Its origin.
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// How many credentials it has repeated.
    pub fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::Acquire)
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        // Wakes the thread, which then sees that it is over.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been printed already and must not become an abort here.
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        if shared.is_over.load(Ordering::Acquire) {
            return;
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || hold(&shared, stream));
    }
}

/// A client that breaks off is its own judge.
fn hold(shared: &Shared, mut stream: TcpStream) -> Option<()> {
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    let Some(tls) = &shared.tls else { return converse(shared, &mut stream) };
    let connection = ServerConnection::new(Arc::clone(tls)).ok()?;
    let mut stream = StreamOwned::new(connection, stream);
    converse(shared, &mut stream)?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}

/// One request, one answer.
fn converse(shared: &Shared, stream: &mut (impl Read + Write)) -> Option<()> {
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        head.extend_from_slice(&piece[..count]);
    }
    stream.write_all(&answer(shared, &String::from_utf8_lossy(&head))).ok()?;
    stream.flush().ok()
}

fn answer(shared: &Shared, head: &str) -> Vec<u8> {
    let basic = head.lines().find_map(|line| line.split_once(": Basic ")).map(|(_, basic)| basic.trim());
    let pair = basic.and_then(|basic| String::from_utf8(STANDARD.decode(basic).ok()?).ok());
    let Some((name, secret)) = pair.as_deref().and_then(|pair| pair.split_once(':')) else {
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    };
    let mut words = name.split('-').skip(1).filter_map(|word| word.parse::<usize>().ok());
    let (status, spelling) = (words.next().unwrap_or(500), words.next().unwrap_or_default());
    let spelled = |value: &str| Spelling::ALL[spelling % Spelling::ALL.len()].of(value);
    shared.answered.fetch_add(1, Ordering::AcqRel);
    echo(status, spelling, &spelled(secret), &spelled(basic.unwrap_or_default()), &shared.token)
}

/// The answer with the secret and the header in its reason, in every header that a client looks at, and in its body.
fn echo(status: usize, spelling: usize, secret: &str, basic: &str, token: &str) -> Vec<u8> {
    // What would break the head apart is left to the body.
    let line = if secret.contains('\0') { "none".to_owned() } else { format!("{secret} {basic}") };
    let host = secret.replace(|it: char| !it.is_ascii_alphanumeric(), "-");
    let (content_type, body) = body((status + spelling) % SHAPES, secret, basic, token);
    let head = format!(
        "HTTP/1.1 {status} {line}\r\nX-Echo: {line}\r\nX-Token: {token}\r\nWWW-Authenticate: Basic realm=\"{line}\"\r\n\
         Location: https://{token}@{host}.example/{line}?{line}\r\nRetry-After: {line}\r\nSet-Cookie: s={line}; t={token}\r\n\
         Date: {line}\r\nServer: {line}\r\nContent-Type: {content_type}; {line}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

fn body(shape: usize, secret: &str, basic: &str, token: &str) -> (&'static str, Vec<u8>) {
    // A zero byte stands in JSON as an escape alone.
    let [secret, basic] = [secret, basic].map(|text| text.replace('\0', "\\u0000"));
    let raw = format!("could not parse header Basic {basic}, secret {secret}, token {token}");
    let (content_type, text) = match shape {
        0 => ("application/json", fields(&format!("{basic} {secret} {token}"), token)),
        1 => (
            "application/json",
            format!(r#"{{"error":"invalid_client","error_description":"{raw}","access_token":"{token}"}}"#),
        ),
        2 => (
            "application/json",
            format!(
                r#"{{"data":null,"error":[{{"primaryErrorKey":"{raw}","text":"{raw}"}}],"warnings":["{raw}"]}}"#
            ),
        ),
        3 => (
            "text/html",
            format!("<!DOCTYPE html><title>{raw}</title><pre>Authorization: Basic {basic}</pre>"),
        ),
        _ => ("text/plain", raw),
    };
    (content_type, text.into_bytes())
}

/// A token in every field that an answer may have, and in none where it would be one.
fn fields(words: &str, token: &str) -> String {
    let text = [
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "scope",
        "error",
        "error_description",
        "error_uri",
        "message",
        "v3_user_token",
        "id_token",
        "detail",
    ];
    let text = text.map(|name| format!(r#""{name}":"{token}""#)).join(",");
    format!(
        r#"{{{text},"data":{{"v3_user_token":["{token}"],"token":"{token}"}},"warnings":["{token}"],"said":"{words}"}}"#
    )
}
