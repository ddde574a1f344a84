//! Owns the restart into the program's new file: one that a stop interrupts, and one that fails and changes nothing.

use super::App;
use super::event_loop::Stop;
use super::housekeeping::HOUSEKEEPING_INTERVAL;
use crate::failure;
use crate::handover::failure::of_handover;
use crate::ipc::acceptor::Acceptor;
use crate::process::signals::{SignalEvent, Signals};

#[cfg(not(target_os = "linux"))]
#[path = "upgrade/elsewhere.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "upgrade/linux.rs"]
mod system;

pub use system::InheritedState;

impl App {
    /// Runs the program's new file in this process. Returns only if that fails or the daemon is asked to stop meanwhile;
    /// nothing if the daemon goes on as before.
    pub(super) async fn upgrade(&mut self, signals: &mut Signals, acceptor: &mut Acceptor) -> Option<Stop> {
        self.restore_lock();
        let error = tokio::select! {
            biased;
            outcome = self.hand_over(acceptor) => match outcome {
                Ok(never) => match never {},
                Err(error) => error,
            },
            () = self.stop_requested(signals) => {
                self.service.restarts().reply(&Err(failure::stopping()));
                return Some(Stop::because("in the middle of a hand-over"));
            }
        };
        self.deps.broker.pause_renewals(false);
        acceptor.resume();
        tracing::warn!("{error}; this daemon goes on");
        // A reload may have been requested meanwhile.
        let _ = self.registry.reload().await;
        self.service.restarts().reply(&Err(of_handover(&error)));
        None
    }

    async fn stop_requested(&self, signals: &mut Signals) {
        let signalled = async {
            // The config is reloaded after the hand-over in any case.
            while signals.next().await != SignalEvent::Stop {}
        };
        tokio::select! {
            () = signalled => {}
            () = self.service.stop_requested() => {}
            never = self.watchdog.keep_alive_every(HOUSEKEEPING_INTERVAL) => match never {},
        }
    }
}
