//! Owns the daemon's account of itself and of its profiles. It changes nothing, but that a config file which had no
//! profile is read again.

use cp_token_protocol::PROTOCOL_VERSION;
use cp_token_protocol::message::{Response, StatusReport};

use super::Service;

impl Service {
    pub(super) fn profiles(&self) -> Response {
        let reports = self.parts.registry.reports();
        match (reports.is_empty(), self.parts.registry.reload()) {
            (true, Err(failure)) => Response::Failure(failure),
            (true, Ok(())) | (false, _) => Response::Profiles(self.parts.registry.reports()),
        }
    }

    /// While the daemon is locked it names no profile.
    pub(super) fn status(&self) -> StatusReport {
        let locked = self.parts.lock.is_closed();
        let uptime = self.parts.clock.now().boot.saturating_sub(self.started.boot);
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL_VERSION,
            pid: std::process::id(),
            uptime_s: uptime.as_secs(),
            socket: self.parts.socket.clone(),
            config_file: self.parts.registry.config_file(),
            config_problem: self.parts.registry.problem().map(|failure| failure.message),
            keyring: (self.parts.keyring)(),
            protections: self.parts.protections.clone(),
            profiles: if locked { Vec::new() } else { self.parts.registry.reports() },
            locked,
            locks_on_suspend: self.parts.lock.is_for_suspend(),
        }
    }
}
