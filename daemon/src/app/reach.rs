//! Owns that callers can reach the daemon for as long as it runs: a lock or a socket that somebody removed is made again
//! unless another process has its place. It takes no name from anybody.

use std::time::Duration;

use super::App;
use crate::ipc::acceptor::Acceptor;

/// For a person who removes the whole directory, or binds another socket.
const REMOVAL_GRACE: Duration = Duration::from_millis(100);

impl App {
    /// Something was removed from the socket's directory.
    pub(super) async fn after_removal(&mut self, acceptor: &mut Acceptor) {
        if !self.startup.socket.is_reachable() || !self.startup.socket.holds_lock() {
            tokio::time::sleep(REMOVAL_GRACE).await;
            self.restore_socket(acceptor).await;
        }
    }

    /// Whether callers can never reach this daemon again: another process has the name, or could take the lock.
    pub(super) async fn is_lost(&mut self, acceptor: &mut Acceptor) -> bool {
        self.restore_socket(acceptor).await;
        if self.startup.socket.is_reachable() || self.startup.socket.can_rebind() {
            return false;
        }
        if self.startup.socket.is_name_covered() {
            tracing::warn!(
                "something else has the name of the socket; remove it, and the socket is made again"
            );
            return false;
        }
        let (reason, loss) = (self.lost_reason(), self.loss());
        tracing::warn!("stopping, since callers cannot find this daemon any more: {reason}{loss}");
        true
    }

    fn lost_reason(&self) -> &'static str {
        match (self.startup.socket.folder().exists(), self.startup.socket.holds_lock()) {
            (false, _) => "the directory of its socket was removed",
            (true, false) => "its lock was removed or replaced, and another process has taken its place",
            (true, true) => "another socket has the name of its own",
        }
    }

    fn loss(&self) -> String {
        match (self.service.is_locked(), self.service.secrets_in_memory()) {
            (true, _) => "; what was under its lock is lost".to_owned(),
            (false, 0) => String::new(),
            (false, 1) => "; a secret that only its memory held is lost".to_owned(),
            (false, count) => format!("; {count} secrets that only its memory held are lost"),
        }
    }

    /// Takes the lock again if its file was removed: a lock on a removed file keeps no second daemon away.
    pub(super) fn restore_lock(&mut self) {
        if self.startup.socket.holds_lock() {
            return;
        }
        match self.startup.socket.renew_lock() {
            Ok(()) => tracing::warn!("the lock was removed and is made again"),
            Err(error) => tracing::warn!("the lock was removed, and cannot be made again: {error}"),
        }
    }

    async fn restore_socket(&mut self, acceptor: &mut Acceptor) {
        self.restore_lock();
        if self.startup.socket.is_reachable() || !self.startup.socket.can_rebind() {
            return;
        }
        match self.startup.socket.rebind() {
            Ok(()) => self.listen_again(acceptor).await,
            Err(error) => tracing::warn!("the socket was removed: {error}"),
        }
    }

    async fn listen_again(&self, acceptor: &mut Acceptor) {
        let moved = match self.startup.socket.listening() {
            Ok(socket) => acceptor.move_to(socket).await,
            Err(error) => Err(error),
        };
        match moved {
            Ok(()) => tracing::warn!("the socket was removed and is made again"),
            Err(error) => {
                // Without the name, the next check tries again.
                self.startup.socket.remove_name();
                tracing::warn!("the socket was removed, and no caller can be accepted: {}", error.kind());
            }
        }
    }
}
