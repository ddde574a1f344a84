//! Owns what signals mean: stop, read the config again, make place for a successor, or nothing.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// SIGTERM, SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
    /// SIGUSR2.
    Restart,
}

/// The signals that the daemon listens to.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    replaced: Signal,
    /// Caught, so that they do not end the daemon, and never looked at.
    _ignored: [Signal; 2],
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            replaced: signal(SignalKind::user_defined2())?,
            _ignored: [signal(SignalKind::user_defined1())?, signal(SignalKind::alarm())?],
        })
    }

    /// The next wish. Signals of one kind that come together are one wish.
    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.hang_up.recv() => Wish::Reload,
            _ = self.replaced.recv() => Wish::Restart,
        }
    }
}
