//! Owns the daemon's report of its own status. It changes nothing.

use cp_token_protocol::PROTOCOL_VERSION;
use cp_token_protocol::message::StatusReport;

use super::Service;

impl Service {
    pub(super) fn status(&self) -> StatusReport {
        let [socket, state_file] = self.shown_paths.clone();
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL_VERSION,
            pid: std::process::id(),
            uptime_s: self.deps.clock.now().boot.saturating_sub(self.started.boot).as_secs(),
            socket,
            config_file: self.registry.config_file(),
            config_problem: self.registry.problem().map(|failure| failure.message),
            keyring: self.keyring.health(),
            protections: self.protections.with_limits(),
            locked: self.lock.is_locked(),
            locks_on_suspend: self.lock.locks_on_suspend(),
            state_file,
            secrets_in_memory: u32::try_from(self.secrets_in_memory()).unwrap_or(u32::MAX),
        }
    }

    /// How many secrets are in memory alone; none while they are sealed.
    pub fn secrets_in_memory(&self) -> usize {
        self.memory.count()
    }

    /// Whether the daemon is locked.
    pub fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }
}
