//! Owns a server for tests that lets nobody in without the right `Authorization` header: git repositories or prepared
//! answers, on loopback, with TLS or without. It knows nothing of the product and takes what it is told to take.

mod exchange;

use std::collections::HashSet;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustls::ServerConfig;

/// What the server has.
#[derive(Clone, Debug)]
pub enum Content {
    /// The git repositories in this folder, by git's own `http-backend`.
    Repositories(PathBuf),
    /// An answer for each path that ends so: its end, the answer's content type, the answer. Everything else is 404.
    Answers(Vec<(&'static str, &'static str, &'static str)>),
}

/// How a client has to present what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// `Authorization: Bearer`, and the server says so.
    Bearer,
    /// `Authorization: Basic`, and the server says so.
    Basic,
    /// Either; the server offers both, in one field.
    Either,
    /// Bearer, which the server does not say.
    BearerUnsaid,
}

/// What one request presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// No `Authorization` header.
    Nothing,
    /// A bearer token.
    Bearer(String),
    /// User name and password.
    Basic(String, String),
    /// Something else.
    Unreadable,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its path.
    pub path: String,
    /// What it presented.
    pub presented: Presented,
    /// The status that it was answered with.
    pub status: u16,
}

/// A running server. Dropping it ends it.
pub struct GuardedServer {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    content: Content,
    demand: Freshness,
    tls: Option<Arc<ServerConfig>>,
    state: Mutex<State>,
    is_over: AtomicBool,
}

#[derive(Default)]
struct State {
    accepted: HashSet<String>,
    seen: Vec<Seen>,
}

impl GuardedServer {
    /// Serves this on a free port of 127.0.0.1, with TLS where there are settings for it.
    pub fn start(content: Content, demand: Freshness, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("bind a loopback port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let (state, is_over) = (Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { content, demand, tls, state, is_over });
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || serve(&listener, &serving));
        Self { port, shared, thread: Some(thread) }
    }

    /// Its origin, such as `https://localhost:40123`.
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.port)
    }

    /// From now on this token or password is good.
    pub fn accept(&self, secret: &str) {
        self.shared.state().accepted.insert(secret.to_owned());
    }

    /// From now on it is not.
    pub fn refuse(&self, secret: &str) {
        self.shared.state().accepted.remove(secret);
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }
}

impl Drop for GuardedServer {
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

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn welcomes(&self, presented: &Presented) -> bool {
        let is_good = |secret: &String| self.state().accepted.contains(secret);
        match presented {
            Presented::Bearer(token) => self.demand != Freshness::Basic && is_good(token),
            Presented::Basic(_, password) => {
                matches!(self.demand, Freshness::Basic | Freshness::Either) && is_good(password)
            }
            Presented::Nothing | Presented::Unreadable => false,
        }
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        if shared.is_over.load(Ordering::Acquire) {
            return;
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // A client that breaks off is its own judge.
            let _ = exchange::hold(&shared, stream);
        });
    }
}
