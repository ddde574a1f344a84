//! Owns whether connections are accepted: yes, paused, or no longer. During a pause new connections wait in the socket's
//! backlog and notice nothing.

use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::connection_limiter::ConnectionLimiter;
use super::listener::Listener;
use super::system::Listening;
use crate::base::unwind;
use crate::service::Service;

/// Runs the accept loop.
pub struct Acceptor {
    listener: Arc<Listener>,
    /// `None` during a pause.
    accepting: Option<JoinHandle<()>>,
}

impl Acceptor {
    /// Accepts connections from `socket`, which is non-blocking, at most `limit` at a time. Fails if the runtime cannot watch
    /// the socket.
    pub fn open(socket: Listening, service: Arc<Service>, limit: usize) -> io::Result<Self> {
        let listener = Arc::new(Listener::new(socket, service, limit)?);
        let mut acceptor = Self { listener, accepting: None };
        acceptor.resume();
        Ok(acceptor)
    }

    /// The limiter of its connections.
    pub fn connections(&self) -> ConnectionLimiter {
        self.listener.connections.clone()
    }

    /// Accepts connections again.
    pub fn resume(&mut self) {
        if self.accepting.is_none() {
            let listener = Arc::clone(&self.listener);
            self.accepting = Some(tokio::spawn(unwind::restarted(move || Arc::clone(&listener).run())));
        }
    }

    /// Accepts connections from this socket from now on. If the runtime cannot watch it, the old one is kept.
    #[cfg(unix)]
    pub async fn move_to(&mut self, socket: Listening) -> io::Result<()> {
        self.pause().await;
        let moved = self.listener.move_to(socket).await;
        self.resume();
        moved
    }

    /// Accepts no connection until [`Acceptor::resume`]. Open connections are served.
    pub async fn pause(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            let _ = accepting.await;
        }
    }

    /// How many connections have a request and no reply yet.
    pub fn waiting(&self) -> usize {
        // The accept loop holds one permit for the next connection.
        let reserved = usize::from(self.accepting.is_some());
        self.listener.connections.count().saturating_sub(reserved + self.listener.pending.count())
    }

    /// Closes the connections without a complete request, as if they had not been accepted.
    pub fn drop_pending(&self) {
        self.listener.pending.clear();
    }

    /// Accepts no connection any more.
    pub async fn close(&mut self) {
        self.pause().await;
        self.drop_pending();
    }
}
