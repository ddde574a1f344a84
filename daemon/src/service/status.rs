//! Owns the daemon's account of itself and of its profiles. It changes nothing, but that a config file which had no
//! profile is read again.

use std::sync::Arc;

use cp_token_protocol::PROTOCOL_VERSION;
use cp_token_protocol::message::{ProfileListRequest, ProfileSelector, Response, StatusReport};

use super::Service;
use crate::process::protections::Protections;

impl Service {
    /// What protects the process.
    pub fn protections(&self) -> Arc<Protections> {
        Arc::clone(&self.parts.protections)
    }

    pub(super) async fn profiles(&self, request: &ProfileListRequest) -> Response {
        match self.parts.registry.page(request.after.as_ref()).await {
            Ok(page) => Response::Profiles(page),
            Err(failure) => Response::Failure(failure),
        }
    }

    pub(super) async fn profile(&self, selector: &ProfileSelector) -> Response {
        match self.parts.registry.show(selector).await {
            Ok(report) => Response::Profile(Box::new(report)),
            Err(failure) => Response::Failure(failure),
        }
    }

    pub(super) fn status(&self) -> StatusReport {
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
            protections: self.parts.protections.with_limits(),
            locked: self.parts.lock.is_locked(),
            locks_on_suspend: self.parts.lock.locks_on_suspend(),
            state_file: self.parts.state_file.clone(),
            secrets_in_memory: u32::try_from(self.secrets_in_memory()).unwrap_or(u32::MAX),
        }
    }

    /// How many secrets are in memory alone; none are counted while they are sealed.
    pub fn secrets_in_memory(&self) -> usize {
        (self.parts.secrets_in_memory)()
    }

    /// Whether nobody is answered.
    pub fn is_locked(&self) -> bool {
        self.parts.lock.is_locked()
    }
}
