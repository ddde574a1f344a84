//! Owns the daemon's report of its own status. It changes nothing.

use std::sync::Arc;

use cp_token_protocol::PROTOCOL_VERSION;
use cp_token_protocol::message::StatusReport;

use super::Service;
use crate::process::protections::Protections;

impl Service {
    /// What protects the process.
    pub fn protections(&self) -> Arc<Protections> {
        Arc::clone(&self.deps.protections)
    }

    pub(super) fn status(&self) -> StatusReport {
        let deps = &self.deps;
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL_VERSION,
            pid: std::process::id(),
            uptime_s: deps.clock.now().boot.saturating_sub(self.started.boot).as_secs(),
            socket: deps.socket.clone(),
            config_file: deps.registry.config_file(),
            config_problem: deps.registry.problem().map(|failure| failure.message),
            keyring: (deps.keyring)(),
            protections: deps.protections.with_limits(),
            locked: deps.lock.is_locked(),
            locks_on_suspend: deps.lock.locks_on_suspend(),
            state_file: deps.state_file.clone(),
            secrets_in_memory: u32::try_from(self.secrets_in_memory()).unwrap_or(u32::MAX),
        }
    }

    /// How many secrets are in memory alone; none while they are sealed.
    pub fn secrets_in_memory(&self) -> usize {
        (self.deps.secrets_in_memory)()
    }

    /// Whether the daemon is locked.
    pub fn is_locked(&self) -> bool {
        self.deps.lock.is_locked()
    }
}
