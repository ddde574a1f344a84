//! Owns a server of one connection that does what its script says. It knows no HTTP beyond the end of a head.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

/// Long enough for any machine; only a broken test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server of one connection.
pub(crate) struct Server<T> {
    /// Its origin.
    pub(crate) url: String,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Server<T> {
    /// A server that reads one request head and leaves the rest to the script.
    pub(crate) fn start(script: impl FnOnce(TcpStream, Vec<u8>) -> T + Send + 'static) -> Self {
        Self::start_unasked(move |mut stream| {
            let head = read_head(&mut stream);
            script(stream, head)
        })
    }

    /// A server that leaves everything to the script.
    pub(crate) fn start_unasked(script: impl FnOnce(TcpStream) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            script(stream)
        });
        Self { url, thread }
    }

    /// What the script came to. The runtime goes on meanwhile, since it closes the client's connections.
    pub(crate) async fn finish(self) -> T {
        joined(self.thread).await
    }
}

/// What a thread came to.
pub(crate) async fn joined<T: Send + 'static>(thread: JoinHandle<T>) -> T {
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap()
}

/// A server that answers with these bytes, and returns the request and all that comes until the end.
pub(crate) fn answering(bytes: Vec<u8>) -> Server<Vec<u8>> {
    Server::start(move |mut stream, mut request| {
        stream.write_all(&bytes).unwrap();
        let ended = stream.read_to_end(&mut request).map_err(|error| error.kind());
        assert!(matches!(ended, Ok(_) | Err(ErrorKind::ConnectionReset)), "{ended:?}");
        request
    })
}

/// A server that answers with these bytes and stays silent; the first outcome tells when it has sent them.
pub(crate) fn stalling(bytes: Vec<u8>) -> (Server<()>, oneshot::Receiver<()>) {
    let (sent, has_sent) = oneshot::channel();
    let server = Server::start(move |mut stream, _| {
        stream.write_all(&bytes).unwrap();
        sent.send(()).unwrap();
        wait_for_end(&mut stream);
    });
    (server, has_sent)
}

/// Reads until the other end is gone.
pub(crate) fn wait_for_end(stream: &mut TcpStream) {
    drop(stream.read_to_end(&mut Vec::new()));
}

fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    head
}

/// A listener that nobody is expected at.
pub(crate) struct Decoy(TcpListener);

impl Decoy {
    /// A listener on loopback.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    /// Its address.
    pub(crate) fn authority(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Whether anybody has connected since the last question.
    pub(crate) fn was_visited(&self) -> bool {
        self.0.accept().is_ok()
    }
}
