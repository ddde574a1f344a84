//! Owns that callers find the daemon for as long as it lives: a lock or a socket whose name was removed is made anew where
//! nobody else has the place. It takes no name from anybody.

use std::time::Duration;

use super::App;
use crate::ipc::acceptor::Acceptor;

/// For whoever removes the whole folder, or puts a socket of his own in the place of ours.
const GRACE: Duration = Duration::from_millis(100);

impl App {
    /// Something was removed from the meeting folder. Nobody is to take over for that.
    pub(super) async fn after_removal(&mut self, door: &mut Acceptor) -> bool {
        if !self.meeting.is_reachable() || !self.meeting.holds_lock() {
            tokio::time::sleep(GRACE).await;
            self.be_found(door).await;
        }
        false
    }

    /// Whether callers do not come any more, and never will: another has the name, or could take the lock.
    pub(super) async fn is_lost(&mut self, door: &mut Acceptor) -> bool {
        self.be_found(door).await;
        // What the system refuses for now is tried again at the next look.
        if !self.meeting.is_reachable() && self.meeting.is_name_covered() {
            tracing::warn!(
                "something else has the name of the socket; remove it, and the socket is made anew"
            );
            return false;
        }
        let is_lost = !self.meeting.is_reachable() && !self.meeting.can_rebind();
        if is_lost {
            let (why, loss) = (self.why_lost(), self.loss());
            tracing::warn!("stopping, since callers cannot find this daemon any more: {why}{loss}");
        }
        is_lost
    }

    fn why_lost(&self) -> &'static str {
        match (self.meeting.folder().exists(), self.meeting.holds_lock()) {
            (false, _) => "the folder of its socket was removed",
            (true, false) => "its lock was removed or replaced, and another process has taken its place",
            (true, true) => "another socket has the name of its own",
        }
    }

    /// What goes with it, for whoever misses it.
    fn loss(&self) -> String {
        match (self.service.is_locked(), self.service.secrets_in_memory()) {
            (true, _) => "; what was under its lock is lost".to_owned(),
            (false, 0) => String::new(),
            (false, 1) => "; a secret that only its memory held is lost".to_owned(),
            (false, count) => format!("; {count} secrets that only its memory held are lost"),
        }
    }

    /// A lock on a file that was removed keeps no second daemon away.
    pub(super) fn keep_lock(&mut self) {
        if self.meeting.holds_lock() {
            return;
        }
        match self.meeting.renew_lock() {
            Ok(()) => tracing::warn!("the lock was removed and is made anew"),
            Err(error) => tracing::warn!("the lock was removed, and cannot be made anew: {error}"),
        }
    }

    async fn be_found(&mut self, door: &mut Acceptor) {
        self.keep_lock();
        if self.meeting.is_reachable() || !self.meeting.can_rebind() {
            return;
        }
        match self.meeting.rebind() {
            Ok(()) => self.listen_anew(door).await,
            Err(error) => tracing::warn!("the socket was removed: {error}"),
        }
    }

    async fn listen_anew(&self, door: &mut Acceptor) {
        let moved = match self.meeting.listening() {
            Ok(socket) => door.move_to(socket).await,
            Err(error) => Err(error),
        };
        match moved {
            Ok(()) => tracing::warn!("the socket was removed and is made anew"),
            Err(error) => {
                // Without the name the next look tries once more.
                self.meeting.remove_name();
                tracing::warn!("the socket was removed, and nobody can be let in: {}", error.kind());
            }
        }
    }
}
