//! Owns the order of a hand-over, on both sides: when nothing is under way, who lets callers in, and that everything is
//! as before where it does not come about.

use std::io;
use std::time::Duration;

use cp_token_protocol::handover::Piece;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::{App, End, Legacy};
use crate::failure;
use crate::handover::{HandoverError, Kept, Successor};
use crate::ipc::door::Door;
use crate::lock::Quiet;
use crate::signals::{Signals, Wish};

/// How long work under way may take, callers being served meanwhile: longer than any token request.
const QUIET_LIMIT: Duration = Duration::from_secs(60);
/// How long nobody is let in so that the last words can be said, before everybody is let in again.
const SHUT_LIMIT: Duration = Duration::from_millis(250);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// For the state file, which holds nothing that is missed.
const FLUSH_LIMIT: Duration = Duration::from_millis(500);

/// Nothing is under way, and nothing begins while this is kept.
struct Calm<'a> {
    lock: Quiet<'a>,
    _changes: MutexGuard<'a, ()>,
}

impl App {
    /// Takes over what another daemon leaves. Nobody is let in yet.
    pub(super) async fn take_over(&self, legacy: Legacy) -> io::Result<()> {
        let Legacy { mut predecessor, pieces } = legacy;
        let kept = match pieces {
            Some(pieces) => self.estate.inherit(pieces).await,
            None => Ok(Kept { tokens: 0, secrets: 0 }),
        };
        let kept = kept.map_err(|failure| {
            let words = failure.message.clone();
            predecessor.refuse(failure);
            io::Error::other(words)
        })?;
        // Nobody else is on the runtime yet whom this would hold up.
        predecessor.take_leave(kept.tokens, kept.secrets).map_err(io::Error::other)?;
        self.meeting.put_our_name_to_it();
        tracing::info!(tokens = kept.tokens, secrets = kept.secrets, "took over");
        Ok(())
    }

    /// Hands everything over, unless somebody says stop meanwhile; nothing where it all goes on as before.
    pub(super) async fn be_succeeded(&self, signals: &mut Signals, door: &mut Door) -> Option<End> {
        let outcome = tokio::select! {
            biased;
            outcome = self.hand_over(door) => outcome,
            () = self.told_to_stop(signals) => {
                self.service.restarts().tell(&Err(failure::stopping()));
                return Some(super::stopping("in the middle of a hand-over"));
            }
        };
        match outcome {
            Ok(line) => {
                tracing::info!("{line}");
                self.service.restarts().tell(&Ok(vec![line]));
                Some(End::Succeeded)
            }
            Err(error) => {
                self.broker.hold_back(false);
                door.let_in();
                tracing::warn!("{error}; this daemon goes on");
                self.service.restarts().tell(&Err(failure::of_handover(&error)));
                None
            }
        }
    }

    async fn told_to_stop(&self, signals: &mut Signals) {
        let signalled = async {
            // The config is read again at the end of a hand-over anyway.
            while signals.next().await != Wish::Stop {}
        };
        tokio::select! {
            () = signalled => {}
            () = self.service.stop_requested() => {}
            never = self.watchdog.keep_turning(super::LOOK_AROUND) => match never {},
        }
    }

    async fn hand_over(&self, door: &mut Door) -> Result<String, HandoverError> {
        self.registry.reload().map_err(HandoverError::Config)?;
        let program = self.program.as_ref().ok_or(HandoverError::Nowhere)?;
        let mut successor = Successor::start(program, self.background, &self.meeting).await?;
        self.broker.hold_back(true);
        let calm = self.calm(door).await?;
        let _ = tokio::time::timeout(FLUSH_LIMIT, self.state.flush()).await;
        self.registry.reload().map_err(HandoverError::Config)?;
        let kept = successor.give(self.legacy(&calm)).await?;
        let line = self.told(&successor, kept);
        successor.release();
        Ok(line)
    }

    fn legacy(&self, calm: &Calm<'_>) -> Vec<Piece> {
        self.estate.bequeath(&calm.lock, self.service.restarts())
    }

    /// Waits for a moment at which nothing is under way. Then nobody is let in any more.
    async fn calm(&self, door: &mut Door) -> Result<Calm<'_>, HandoverError> {
        let end = Instant::now() + QUIET_LIMIT;
        loop {
            self.quiet_until(door, end).await;
            door.shut().await;
            self.quiet_until(door, Instant::now() + SHUT_LIMIT).await;
            // Whoever was about to speak has had a moment for it.
            tokio::time::sleep(LOOK).await;
            door.clear_lobby();
            if self.is_quiet(door)
                && let Some((lock, changes)) = self.estate.lock.quiet().zip(self.registry.quiet())
            {
                return Ok(Calm { lock, _changes: changes });
            }
            door.let_in();
            if Instant::now() >= end {
                return Err(HandoverError::NoQuiet(QUIET_LIMIT.as_secs()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn quiet_until(&self, door: &Door, end: Instant) {
        while !self.is_quiet(door) && Instant::now() < end {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether nobody waits for an answer, but those who ask for this, and no token request is under way.
    fn is_quiet(&self, door: &Door) -> bool {
        let waiting = door.waiting().saturating_sub(self.service.restarts().attending());
        waiting == 0 && !self.service.is_at_work() && self.broker.is_idle()
    }

    fn told(&self, successor: &Successor, kept: Kept) -> String {
        let (new, process) = (successor.version(), successor.process().unwrap_or_default());
        let (old, own) = (env!("CARGO_PKG_VERSION"), std::process::id());
        let held = if self.estate.lock.is_closed() {
            "it is locked as before".to_owned()
        } else {
            format!("{} and {} kept", counted(kept.tokens, "token"), counted(kept.secrets, "secret"))
        };
        format!("cp-tokend {new} (process {process}) took over from {old} (process {own}): {held}")
    }
}

fn counted(count: u32, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
