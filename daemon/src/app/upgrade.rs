//! Owns the order of a hand-over, in all three who take part in it: when nothing is under way, who lets callers in, and
//! that everything is as before where it does not come about.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use cp_token_protocol::encode_response;
use cp_token_protocol::handover::{Commit, StateRecord};
use cp_token_protocol::message::Response;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::{App, Stop};
use crate::base::blocking;
use crate::base::memory;
use crate::failure;
use crate::handover::failure::of_handover;
use crate::handover::{HandoverError, Kept, NewProcess, OldProcess};
use crate::ipc::acceptor::Acceptor;
use crate::lock::PassphraseIdle;
use crate::process::args::Role;
use crate::process::children;
use crate::process::signals::{SignalEvent, Signals};

/// How long work under way may take, callers being served meanwhile: longer than any token request.
const QUIET_LIMIT: Duration = Duration::from_secs(60);
/// How long nobody is let in so that the last words can be said, before everybody is let in again.
const SHUT_LIMIT: Duration = Duration::from_millis(250);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// For the state file, which holds nothing that is missed, and for the last lines of the audit file.
const FLUSH_LIMIT: Duration = Duration::from_millis(500);
/// For whatever still writes right before the new program is run.
const SETTLE_LIMIT: Duration = Duration::from_secs(1);

/// Nothing is under way, and nothing begins while this is kept.
struct Drained<'a> {
    lock: PassphraseIdle<'a>,
    _changes: MutexGuard<'a, ()>,
}

/// What another daemon leaves to this one.
pub struct InheritedState {
    /// What it is taken for.
    pub role: Role,
    /// It.
    pub predecessor: OldProcess,
    /// What it held; nothing where it died over it.
    pub pieces: Option<Vec<StateRecord>>,
}

/// What was taken over.
pub(super) struct TakenOver {
    pub(super) role: Role,
    predecessor: OldProcess,
    commit: Option<Commit>,
}

impl App {
    /// Takes over what another daemon leaves. Nobody is let in yet.
    pub(super) async fn take_over(&self, legacy: InheritedState) -> io::Result<TakenOver> {
        let InheritedState { role, mut predecessor, pieces } = legacy;
        let kept = match pieces {
            Some(pieces) => self.estate.import_state(pieces).await,
            None => Ok(Kept { tokens: 0, secrets: 0 }),
        };
        let kept = kept.map_err(|failure| {
            let words = failure.message.clone();
            predecessor.refuse(failure);
            io::Error::other(words)
        })?;
        // Nobody else is on the runtime yet whom this would hold up.
        let commit = predecessor.take_leave(kept.tokens, kept.secrets).map_err(io::Error::other)?;
        if role == Role::Successor {
            tracing::info!(tokens = kept.tokens, secrets = kept.secrets, "took over");
        }
        Ok(TakenOver { role, predecessor, commit })
    }

    /// As the child: holds everything until the new image of the parent's process has taken it, and ends.
    pub(super) async fn hold(&self, taken: TakenOver) {
        let (Some(commit), Some(program)) = (taken.commit, &self.program) else { return };
        let given = async {
            let mut image = NewProcess::in_the_parent(taken.predecessor, program, &self.meeting).await?;
            let quiet = self.estate.lock.try_idle().ok_or(HandoverError::NoQuiet(0))?;
            image.give(self.estate.export_state(&quiet)).await?;
            image.release(commit).await
        };
        if let Err(error) = given.await {
            tracing::warn!("{error}; what only memory held is lost");
        }
    }

    /// As the new image: tells those who have asked for it, now that it serves.
    pub(super) fn answer(&self, taken: TakenOver) {
        let commit = taken.commit.unwrap_or_default();
        self.audit.append(commit.log);
        taken.predecessor.answer(&commit.reply);
        children::reap_orphans();
    }

    /// Hands everything over to the program's new file, in this very process, unless somebody says stop meanwhile. It
    /// returns only where it does not come about; nothing where it all goes on as before.
    pub(super) async fn be_succeeded(&mut self, signals: &mut Signals, door: &mut Acceptor) -> Option<Stop> {
        self.keep_lock();
        let error = tokio::select! {
            biased;
            outcome = self.hand_over(door) => match outcome {
                Ok(never) => match never {},
                Err(error) => error,
            },
            () = self.told_to_stop(signals) => {
                self.service.restarts().reply(&Err(failure::stopping()));
                return Some(super::stopping("in the middle of a hand-over"));
            }
        };
        self.broker.pause_renewals(false);
        door.resume();
        tracing::warn!("{error}; this daemon goes on");
        // Somebody may have asked for it meanwhile.
        let _ = self.registry.reload().await;
        self.service.restarts().reply(&Err(of_handover(&error)));
        None
    }

    async fn told_to_stop(&self, signals: &mut Signals) {
        let signalled = async {
            // The config is read again at the end of a hand-over anyway.
            while signals.next().await != SignalEvent::Stop {}
        };
        tokio::select! {
            () = signalled => {}
            () = self.service.stop_requested() => {}
            never = self.watchdog.keep_turning(super::housekeeping::LOOK_AROUND) => match never {},
        }
    }

    async fn hand_over(&self, door: &mut Acceptor) -> Result<Infallible, HandoverError> {
        if !memory::suffices_for_a_restart() {
            return Err(HandoverError::Memory);
        }
        self.registry.reload().await.map_err(HandoverError::Config)?;
        let program = self.program.as_ref().ok_or(HandoverError::Nowhere)?;
        let (mut child, proved) = NewProcess::start(program, self.background, &self.meeting).await?;
        self.broker.pause_renewals(true);
        let calm = self.calm(door).await?;
        let _ = tokio::time::timeout(FLUSH_LIMIT, self.state.flush()).await;
        self.registry.reload().await.map_err(HandoverError::Config)?;
        let kept = child.give(self.estate.export_state(&calm.lock)).await?;
        let commit = self.commit(&child, kept);
        child.release(commit).await?;
        let _ = tokio::time::timeout(FLUSH_LIMIT, self.audit.flush_file()).await;
        settled().await?;
        let callers = self.service.restarts().connections();
        Err(proved.take_over(child, &self.meeting, &callers))
    }

    fn commit(&self, child: &NewProcess, kept: Kept) -> Commit {
        let line = self.told(child, kept);
        let reply = encode_response(&Response::Done(vec![line])).map(|bytes| bytes.to_vec());
        Commit { reply: reply.unwrap_or_default(), log: self.service.restarts().log_entries() }
    }

    /// Waits for a moment at which nothing is under way. Then nobody is let in any more.
    async fn calm(&self, door: &mut Acceptor) -> Result<Drained<'_>, HandoverError> {
        let end = Instant::now() + QUIET_LIMIT;
        loop {
            self.quiet_until(door, end).await;
            door.pause().await;
            self.quiet_until(door, Instant::now() + SHUT_LIMIT).await;
            // Whoever was about to speak has had a moment for it.
            tokio::time::sleep(LOOK).await;
            door.drop_pending();
            if self.is_quiet(door)
                && let Some((lock, changes)) = self.estate.lock.try_idle().zip(self.registry.pause_changes())
            {
                return Ok(Drained { lock, _changes: changes });
            }
            door.resume();
            if Instant::now() >= end {
                return Err(HandoverError::NoQuiet(QUIET_LIMIT.as_secs()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn quiet_until(&self, door: &Acceptor, end: Instant) {
        while !self.is_quiet(door) && Instant::now() < end {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether nobody waits for an answer, but those who ask for this, no token request is under way, and no disk or
    /// keyring is waited for: a thread that the system does not let go of would hold up the new image for ever.
    fn is_quiet(&self, door: &Acceptor) -> bool {
        let waiting = door.waiting().saturating_sub(self.service.restarts().connections().len());
        waiting == 0 && !self.service.is_busy() && self.broker.is_idle() && blocking::is_idle()
    }

    fn told(&self, child: &NewProcess, kept: Kept) -> String {
        let (new, old, own) = (child.version(), env!("CARGO_PKG_VERSION"), std::process::id());
        let held = if self.estate.lock.is_locked() {
            "it is locked as before".to_owned()
        } else {
            format!("{} and {} kept", counted(kept.tokens, "token"), counted(kept.secrets, "secret"))
        };
        format!("cp-tokend {new} took over from {old} in process {own}: {held}")
    }
}

/// The last writing may have met a disk that hangs, whose thread would hold up the new image for ever.
async fn settled() -> Result<(), HandoverError> {
    let end = Instant::now() + SETTLE_LIMIT;
    while !blocking::is_idle() {
        if Instant::now() >= end {
            return Err(HandoverError::NoQuiet(SETTLE_LIMIT.as_secs()));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn counted(count: u32, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_program_is_run_in_our_place_while_a_thread_waits_for_a_disk() {
        let _at_work = blocking::BusyThread::begin();
        assert!(matches!(settled().await, Err(HandoverError::NoQuiet(_))));
    }
}
