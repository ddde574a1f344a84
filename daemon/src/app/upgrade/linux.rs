//! Owns the order of a hand-over in its three processes: the old process, the child that holds the state meanwhile, and the
//! new program in the old process.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use cp_token_protocol::encode_response;
use cp_token_protocol::handover::{Commit, Imported, StateRecord};
use cp_token_protocol::message::Response;
use tokio::time::timeout;

use crate::app::{App, drain};
use crate::base::memory;
use crate::handover::{HandoverError, NewProcess, OldProcess};
use crate::ipc::acceptor::Acceptor;
use crate::process::args::Role;
use crate::process::children;

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

/// The old process whose state was imported, and what is left to do for its callers.
pub(in crate::app) struct TakenOver {
    old: OldProcess,
    commit: Option<Commit>,
}

impl App {
    /// Imports the state of the old process before any caller is accepted. The child that holds the state stays in here
    /// until the new program in its parent has it, and gets nothing back.
    pub(in crate::app) async fn take_over(&self, inherited: InheritedState) -> io::Result<Option<TakenOver>> {
        let InheritedState { role, mut old, records } = inherited;
        let imported = match records {
            Some(records) => self.daemon_state.import_state(records).await,
            None => Ok(Imported::default()),
        };
        let imported = imported.map_err(|failure| {
            let message = failure.message.clone();
            old.refuse(failure);
            io::Error::other(message)
        })?;
        // This blocks, which is fine while nothing else runs.
        let commit = old.confirm_import(imported).map_err(io::Error::other)?;
        let taken_over = TakenOver { old, commit };
        if role == Role::Rehearse {
            self.hold_state(taken_over).await;
            return Ok(None);
        }
        tracing::info!(tokens = imported.tokens, secrets = imported.secrets, "took over");
        Ok(Some(taken_over))
    }

    /// As the child: holds the state until the new program in its parent has imported it.
    async fn hold_state(&self, taken_over: TakenOver) {
        let (Some(commit), Some(program)) = (taken_over.commit, &self.program) else { return };
        let sent = async {
            let mut parent = NewProcess::in_parent(taken_over.old, program, &self.socket).await?;
            let idle = self.daemon_state.lock.try_idle().ok_or(HandoverError::Busy(0))?;
            parent.send_state(self.daemon_state.export_state(&idle)).await?;
            parent.commit(commit).await
        };
        if let Err(error) = sent.await {
            tracing::warn!("{error}; what only memory held is lost");
        }
    }

    /// As the new program in the daemon's process, once callers are accepted: replies to those who asked for the restart.
    pub(in crate::app) fn finish_upgrade(&self, taken_over: TakenOver) {
        let commit = taken_over.commit.unwrap_or_default();
        self.deps.audit.append(commit.log);
        taken_over.old.reply_to_callers(&commit.reply);
        children::reap_orphans();
    }

    /// As the old process: returns only if the hand-over fails.
    pub(super) async fn hand_over(&self, acceptor: &mut Acceptor) -> Result<Infallible, HandoverError> {
        if !memory::suffices_for_a_restart() {
            return Err(HandoverError::Memory);
        }
        self.registry.reload().await.map_err(HandoverError::Config)?;
        let program = self.program.as_ref().ok_or(HandoverError::NoProgram)?;
        let (mut child, verified) = NewProcess::start(program, self.background, &self.socket).await?;
        self.deps.broker.pause_renewals(true);
        let drained = self.drain(acceptor).await?;
        let _ = timeout(FLUSH_TIMEOUT, self.deps.state.flush()).await;
        self.registry.reload().await.map_err(HandoverError::Config)?;
        let imported = child.send_state(self.daemon_state.export_state(&drained.lock)).await?;
        child.commit(self.commit_message(&child, imported)).await?;
        let _ = timeout(FLUSH_TIMEOUT, self.deps.audit.flush_file()).await;
        drain::writes_finished().await?;
        let callers = self.service.restarts().connections();
        Err(verified.exec(child, &self.socket, &callers))
    }

    fn commit_message(&self, child: &NewProcess, imported: Imported) -> Commit {
        let response = Response::Done(vec![self.summary(child, imported)]);
        let reply = encode_response(&response).map(|bytes| bytes.to_vec()).unwrap_or_default();
        Commit { reply, log: self.service.restarts().log_entries() }
    }

    fn summary(&self, child: &NewProcess, imported: Imported) -> String {
        let (new, old, own) = (child.version(), env!("CARGO_PKG_VERSION"), std::process::id());
        let kept = if self.daemon_state.lock.is_locked() {
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
