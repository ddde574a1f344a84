//! Owns the restart into the program's new file, in three processes: the old process, the child that holds the state
//! meanwhile, and the new program in the old process. A restart that fails changes nothing, and one that a stop interrupts ends.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use cp_token_protocol::encode_response;
use cp_token_protocol::handover::{Commit, Imported, StateRecord};
use cp_token_protocol::message::Response;
use tokio::time::timeout;

use super::event_loop::{HOUSEKEEPING_INTERVAL, Stop};
use super::{App, drain};
use crate::base::memory;
use crate::failure;
use crate::handover::failure::of_handover;
use crate::handover::{HandoverError, NewProcess, OldProcess};
use crate::ipc::acceptor::Acceptor;
use crate::process::args::Role;
use crate::process::children;
use crate::process::signals::{SignalEvent, Signals};

/// For the state file, which holds nothing that is missed, and for the last lines of the audit file.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// What this process inherits.
pub struct InheritedState {
    /// What this process was started for.
    pub role: Role,
    /// The process that hands over.
    pub old: OldProcess,
    /// Its state; nothing if it died while sending it.
    pub records: Option<Vec<StateRecord>>,
}

/// The old process whose state was imported, if any, and what is left to do for its callers.
pub(super) struct TakenOver(Option<(OldProcess, Option<Commit>)>);

impl App {
    /// Imports the state of the old process, if there is one, before any caller is accepted. The child that holds the state
    /// stays in here until the new program in its parent has it, and gets nothing back.
    pub(super) async fn take_over(&mut self) -> io::Result<Option<TakenOver>> {
        let Some(InheritedState { role, mut old, records }) = self.startup.inherited.take() else {
            return Ok(Some(TakenOver(None)));
        };
        let imported = match records {
            Some(records) => self.state.import_state(records).await,
            None => Ok(Imported::default()),
        };
        let imported = imported.map_err(|failure| {
            let message = failure.message.clone();
            old.refuse(failure);
            io::Error::other(message)
        })?;
        // This blocks, which is fine while nothing else runs.
        let commit = old.confirm_import(imported).map_err(io::Error::other)?;
        if role == Role::Rehearse {
            self.hold_state(old, commit).await;
            return Ok(None);
        }
        tracing::info!(tokens = imported.tokens, secrets = imported.secrets, "took over");
        Ok(Some(TakenOver(Some((old, commit)))))
    }

    /// As the child: holds the state until the new program in its parent has imported it.
    async fn hold_state(&self, old: OldProcess, commit: Option<Commit>) {
        let (Some(commit), Some(program)) = (commit, &self.startup.program) else { return };
        let sent = async {
            let mut parent = NewProcess::in_parent(old, program, &self.startup.socket).await?;
            let idle = self.state.lock.try_idle().ok_or(HandoverError::Busy(0))?;
            parent.send_state(self.state.export_state(&idle)).await?;
            parent.commit(commit).await
        };
        if let Err(error) = sent.await {
            tracing::warn!("{error}; what only memory held is lost");
        }
    }

    /// As the new program in the daemon's process, once callers are accepted: replies to those who asked for the restart.
    pub(super) fn finish_upgrade(&self, TakenOver(taken_over): TakenOver) {
        let Some((old, commit)) = taken_over else { return };
        let commit = commit.unwrap_or_default();
        self.state.deps.audit.append(commit.log);
        old.reply_to_callers(&commit.reply);
        children::reap_orphans();
    }

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
        self.state.deps.broker.pause_renewals(false);
        acceptor.resume();
        tracing::warn!("{error}; this daemon goes on");
        // A reload may have been requested meanwhile.
        let _ = self.state.registry.reload().await;
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
            never = self.startup.watchdog.keep_alive_every(HOUSEKEEPING_INTERVAL) => match never {},
        }
    }

    /// As the old process: returns only if the hand-over fails.
    async fn hand_over(&self, acceptor: &mut Acceptor) -> Result<Infallible, HandoverError> {
        if !memory::suffices_for_a_restart() {
            return Err(HandoverError::Memory);
        }
        self.state.registry.reload().await.map_err(HandoverError::Config)?;
        let program = self.startup.program.as_ref().ok_or(HandoverError::NoProgram)?;
        let (mut child, verified) =
            NewProcess::start(program, self.startup.background, &self.startup.socket).await?;
        self.state.deps.broker.pause_renewals(true);
        let drained = self.drain(acceptor).await?;
        let _ = timeout(FLUSH_TIMEOUT, self.state.deps.state.flush()).await;
        self.state.registry.reload().await.map_err(HandoverError::Config)?;
        let imported = child.send_state(self.state.export_state(&drained.lock)).await?;
        child.commit(self.commit_message(&child, imported)).await?;
        let _ = timeout(FLUSH_TIMEOUT, self.state.deps.audit.flush_file()).await;
        drain::writes_finished().await?;
        let callers = self.service.restarts().connections();
        Err(verified.exec(child, &self.startup.socket, &callers))
    }

    fn commit_message(&self, child: &NewProcess, imported: Imported) -> Commit {
        let response = Response::Done(vec![self.summary(child, imported)]);
        let reply = encode_response(&response).map(|bytes| bytes.to_vec()).unwrap_or_default();
        Commit { reply, log: self.service.restarts().log_entries() }
    }

    fn summary(&self, child: &NewProcess, imported: Imported) -> String {
        let (new, old, own) = (child.version(), env!("CARGO_PKG_VERSION"), std::process::id());
        let kept = if self.state.lock.is_locked() {
            "it is locked as before".to_owned()
        } else {
            format!("{} and {} kept", plural(imported.tokens, "token"), plural(imported.secrets, "secret"))
        };
        format!("cp-tokend {new} took over from {old} in process {own}: {kept}")
    }
}

fn plural(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
