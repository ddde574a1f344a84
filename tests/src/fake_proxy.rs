//! Owns an HTTP proxy for tests: it opens tunnels on loopback when it is asked to `CONNECT`, misbehaves on demand, and
//! keeps every byte that clients send. It shares no code with the product.

mod conversation;

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What the proxy does once it has been asked for a tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// It opens the tunnel, to the port that is asked for, on 127.0.0.1 whatever the host.
    #[default]
    Lead,
    /// It sends these bytes and closes.
    Say(Vec<u8>),
    /// It closes without a byte.
    Close,
    /// It never answers.
    Hang,
}

/// What one client sent, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// The request's head, as it came.
    pub head: String,
    /// Everything behind the head: what went, or would have gone, through the tunnel.
    pub beyond: Vec<u8>,
    /// Whether the tunnel was opened.
    pub is_open: bool,
}

/// A running proxy. Dropping it ends it.
pub struct FakeProxy {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    is_over: AtomicBool,
}

#[derive(Default)]
struct State {
    manner: Manner,
    /// The one `Proxy-Authorization` that is good enough, where one is asked for.
    wanted: Option<String>,
    conversations: Vec<Conversation>,
}

impl FakeProxy {
    /// Starts on a free port of 127.0.0.1, asking nobody for a password.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("bind a loopback port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || serve(&listener, &serving));
        Self { port, shared, thread: Some(thread) }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its address with a user in it.
    pub fn url_of(&self, user: &str) -> String {
        format!("http://{user}@127.0.0.1:{}", self.port)
    }

    /// From now on, whoever does not give this user and password gets 407.
    pub fn require(&self, user: &str, password: &str) {
        let credentials = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        self.shared.with(|state| state.wanted = Some(credentials));
    }

    /// From now on it does that.
    pub fn behave(&self, manner: Manner) {
        self.shared.with(|state| state.manner = manner);
    }

    /// From now on it answers with this status and these headers and closes.
    pub fn answer(&self, status: &str, headers: &str) {
        let answer = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\n\r\n");
        self.behave(Manner::Say(answer.into_bytes()));
    }

    /// Every conversation so far, in order of the requests.
    pub fn conversations(&self) -> Vec<Conversation> {
        self.shared.with(|state| state.conversations.clone())
    }

    /// How many clients have asked for a tunnel.
    pub fn asked(&self) -> usize {
        self.shared.with(|state| state.conversations.len())
    }

    /// How many tunnels were opened.
    pub fn tunnels(&self) -> usize {
        self.shared.with(|state| state.conversations.iter().filter(|one| one.is_open).count())
    }

    /// Blocks until so many clients have asked; false when they did not within that time.
    pub fn wait_until_asked(&self, times: usize, within: Duration) -> bool {
        let too_few = |state: &mut State| state.conversations.len() < times;
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), within, too_few);
        let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }
}

impl Drop for FakeProxy {
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
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.lock());
        self.changed.notify_all();
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        if shared.is_over.load(Ordering::Acquire) {
            return;
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || conversation::hold(&shared, stream));
    }
}
