//! Owns the loop that the daemon runs until it stops, the order in which it stops, and the return of memory meanwhile.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use crate::base::unwind;
#[cfg(not(target_os = "linux"))]
use crate::handover::{HandoverError, failure::of_handover};
use crate::ipc::acceptor::Acceptor;
use crate::ipc::connection_limiter::ConnectionLimiter;
use crate::process::protections::Protections;
use crate::process::signals::{SignalEvent, Signals};
use crate::process::watchdog;
use crate::process::{children, harden};

/// How often the daemon checks that callers can still reach it.
pub(super) const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(30);
/// Between the end of a connection and the return of its memory.
const TRIM_DELAY: Duration = Duration::from_millis(250);
/// For the replies that are still under way when the daemon stops, for the state file, and for the audit file.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// The daemon is to stop.
pub(super) struct Stop;

impl Stop {
    pub(super) fn because(reason: &str) -> Self {
        tracing::info!("stopping {reason}");
        Self
    }
}

impl App {
    /// A panic in the loop ends one event and nothing else.
    pub(super) async fn serve(&mut self, signals: &mut Signals, acceptor: &mut Acceptor) {
        while unwind::caught(self.run_loop(signals, acceptor)).await.is_err() {
            tokio::time::sleep(unwind::PAUSE).await;
        }
    }

    async fn run_loop(&mut self, signals: &mut Signals, acceptor: &mut Acceptor) -> Stop {
        // An interval, not a sleep: reloading the config often does not put off the next check.
        let interval = self.startup.watchdog.interval(HOUSEKEEPING_INTERVAL);
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        loop {
            let stop = tokio::select! {
                event = signals.next() => self.on_signal(event, signals, acceptor).await,
                () = self.service.stop_requested() => Some(Stop::because("at a caller's request")),
                () = self.service.restarts().requested() => self.upgrade(signals, acceptor).await,
                () = self.removal() => {
                    #[cfg(unix)]
                    self.after_removal(acceptor).await;
                    None
                }
                _ = ticks.tick() => {
                    self.startup.watchdog.keep_alive();
                    self.is_lost(acceptor).await.then_some(Stop)
                }
            };
            if let Some(stop) = stop {
                return stop;
            }
        }
    }

    async fn on_signal(
        &mut self,
        event: SignalEvent,
        signals: &mut Signals,
        acceptor: &mut Acceptor,
    ) -> Option<Stop> {
        match event {
            SignalEvent::Stop => return Some(Stop::because("at a signal")),
            SignalEvent::Restart => return self.upgrade(signals, acceptor).await,
            SignalEvent::Reload => {
                watchdog::reloading(async { drop(self.state.registry.reload().await) }).await;
            }
            SignalEvent::Reap => children::reap_orphans(),
        }
        None
    }

    /// Waits until something is removed from the socket's directory, where the system reports that.
    async fn removal(&self) {
        #[cfg(target_os = "linux")]
        self.removals.next().await;
        #[cfg(not(target_os = "linux"))]
        std::future::pending().await
    }

    /// macOS runs no program by its open file, and the instances of a Windows pipe cannot be passed on.
    #[cfg(not(target_os = "linux"))]
    async fn upgrade(&self, _: &mut Signals, _: &mut Acceptor) -> Option<Stop> {
        let error = HandoverError::NoProgram;
        tracing::warn!("{error}; this daemon goes on");
        self.service.restarts().reply(&Err(of_handover(&error)));
        std::future::ready(None).await
    }

    /// Callers can always reach it: nobody can remove an open file, or take the name of a pipe that has an instance.
    #[cfg(windows)]
    async fn is_lost(&self, _: &mut Acceptor) -> bool {
        std::future::ready(false).await
    }

    /// Stops accepting, answers everybody who waits, and gives the last replies a moment.
    pub(super) async fn stop(&self, acceptor: &mut Acceptor) {
        watchdog::stopping();
        #[cfg(unix)]
        self.startup.socket.remove_name();
        acceptor.close().await;
        self.state.deps.broker.stop();
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.state.deps.state.flush()).await;
        let _ = tokio::time::timeout(STOP_TIMEOUT, acceptor.connections().all_closed()).await;
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.state.deps.audit.flush_file()).await;
    }
}

/// Returns the heap's free pages after each burst of connections, and checks that the remaining secrets are locked.
pub(super) async fn trim_memory(connections: ConnectionLimiter, protections: Arc<Protections>) {
    loop {
        let _ = tokio::time::timeout(HOUSEKEEPING_INTERVAL, connections.one_closed()).await;
        tokio::time::sleep(TRIM_DELAY).await;
        harden::give_memory_back();
        protections.check_locked();
    }
}
