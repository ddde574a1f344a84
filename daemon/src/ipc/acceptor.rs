//! Owns whether callers are let in: open, shut for a while, or closed for good. Who comes while it is shut waits outside,
//! in the socket's own queue, and notices nothing.

use std::io;
use std::sync::Arc;

use tokio::task::{AbortHandle, JoinHandle};

use super::connection_limiter::ConnectionLimiter;
use super::listener::Listener;
use super::system::Listening;
use crate::base::unwind;

/// The door.
pub struct Acceptor {
    listener: Arc<Listener>,
    /// None while it is shut.
    open: Option<JoinHandle<()>>,
    lobby: AbortHandle,
}

impl Acceptor {
    /// An open door.
    pub fn open(listener: Listener) -> Self {
        let listener = Arc::new(listener);
        let guests = Arc::clone(&listener.lobby);
        let lobby = tokio::spawn(unwind::restarted(move || Arc::clone(&guests).run())).abort_handle();
        let mut door = Self { listener, open: None, lobby };
        door.resume();
        door
    }

    /// The conversations that begin at it.
    pub fn connections(&self) -> ConnectionLimiter {
        self.listener.conversations.clone()
    }

    /// Lets callers in again.
    pub fn resume(&mut self) {
        if self.open.is_none() {
            let listener = Arc::clone(&self.listener);
            self.open = Some(tokio::spawn(unwind::restarted(move || Arc::clone(&listener).run())));
        }
    }

    /// Takes callers from this socket from now on.
    ///
    /// # Errors
    /// Where the socket cannot be watched; the old one is kept then.
    pub async fn move_to(&mut self, socket: Listening) -> io::Result<()> {
        self.pause().await;
        let moved = self.listener.move_to(socket).await;
        self.resume();
        moved
    }

    /// Lets nobody in until [`Acceptor::resume`]. Who is in already is heard.
    pub async fn pause(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
            let _ = open.await;
        }
    }

    /// How many have said what they want and have no answer yet. The place that an open door keeps ready is none.
    pub fn waiting(&self) -> usize {
        let ready = usize::from(self.open.is_some());
        self.listener.conversations.count().saturating_sub(ready + self.listener.lobby.count())
    }

    /// Sends those away who have said nothing yet: to them it is as if they had not come.
    pub fn drop_pending(&self) {
        self.listener.lobby.clear();
    }

    /// Closes it for good.
    pub async fn close(&mut self) {
        self.pause().await;
        self.lobby.abort();
        self.drop_pending();
    }
}
