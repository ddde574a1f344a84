//! Owns the wait for a moment at which nothing is under way, before the new process takes over.

use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout, timeout_at};

use super::App;
use crate::base::{activity, blocking};
use crate::handover::HandoverError;
use crate::ipc::acceptor::Acceptor;
use crate::lock::PassphraseIdle;

/// For work under way, while callers are still served: longer than any token request.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);
/// For the last replies, while no caller is accepted.
const PAUSE_TIMEOUT: Duration = Duration::from_millis(250);
/// For a caller that connected just before and is about to send its request; also between two attempts.
const SETTLE_DELAY: Duration = Duration::from_millis(2);
/// For files that are written right before the new program runs.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// Nothing is under way, and nothing starts until this is dropped.
pub(super) struct Drained<'a> {
    pub(super) lock: PassphraseIdle<'a>,
    _changes: MutexGuard<'a, ()>,
}

impl App {
    /// Waits until nothing is under way and stops accepting callers.
    pub(super) async fn drain(&self, acceptor: &mut Acceptor) -> Result<Drained<'_>, HandoverError> {
        let end = Instant::now() + DRAIN_TIMEOUT;
        loop {
            let _ = timeout_at(end, activity::until(|| self.is_idle(acceptor))).await;
            acceptor.pause().await;
            let _ = timeout(PAUSE_TIMEOUT, activity::until(|| self.is_idle(acceptor))).await;
            tokio::time::sleep(SETTLE_DELAY).await;
            acceptor.drop_pending();
            if self.is_idle(acceptor)
                && let Some((lock, changes)) =
                    self.state.lock.try_idle().zip(self.state.registry.pause_changes())
            {
                return Ok(Drained { lock, _changes: changes });
            }
            acceptor.resume();
            if Instant::now() >= end {
                return Err(HandoverError::Busy(DRAIN_TIMEOUT.as_secs()));
            }
            tokio::time::sleep(SETTLE_DELAY).await;
        }
    }

    /// Whether no caller waits for a reply, except for the restart; no token request is under way; and no thread waits for a
    /// disk or a keyring, which could block the `execve` for ever.
    fn is_idle(&self, acceptor: &Acceptor) -> bool {
        let waiting = acceptor.waiting().saturating_sub(self.service.restarts().connections().len());
        waiting == 0 && !self.service.is_busy() && self.state.deps.broker.is_idle() && blocking::is_idle()
    }
}

/// Waits for the last writes: a thread that hangs on a disk would block the `execve` for ever.
pub(super) async fn writes_finished() -> Result<(), HandoverError> {
    let finished = timeout(WRITE_TIMEOUT, activity::until(blocking::is_idle)).await;
    finished.map_err(|_| HandoverError::Busy(WRITE_TIMEOUT.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_program_is_run_in_our_place_while_a_thread_waits_for_a_disk() {
        let _busy = blocking::BusyThread::begin();
        assert!(matches!(writes_finished().await, Err(HandoverError::Busy(_))));
    }
}
