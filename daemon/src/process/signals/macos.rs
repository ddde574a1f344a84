//! Owns signals on macOS, as the runtime catches them.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::SignalEvent;
use super::unix::{set_mask, set_of};

/// The signals that the daemon handles.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    restart: Signal,
    /// Caught so that they do not end the daemon.
    _ignored: [Signal; 2],
}

impl Signals {
    /// Listens for the signals.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            restart: signal(SignalKind::user_defined2())?,
            _ignored: [signal(SignalKind::user_defined1())?, signal(SignalKind::alarm())?],
        })
    }

    /// The next event. Several pending signals of one kind are one event.
    pub async fn next(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.terminate.recv() => SignalEvent::Stop,
            _ = self.interrupt.recv() => SignalEvent::Stop,
            _ = self.hang_up.recv() => SignalEvent::Reload,
            _ = self.restart.recv() => SignalEvent::Restart,
        }
    }
}

/// Blocks no signal, whatever the parent has blocked. To be called before any other thread exists.
pub fn block() {
    set_mask(&set_of(&[]));
}
