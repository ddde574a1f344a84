//! Owns the back-offs of the passwords of proxies. A proxy leads to many servers, and one of them that is unreachable says
//! little of the password: the pause is for that server, and for every server only once two of them have failed.

use std::time::Duration;

use cp_token_protocol::ProfileName;
use cp_token_protocol::handover::Backoff;

use super::{Backoffs, CredentialRoute, is_recent};
use crate::base::clock::Moment;
use crate::base::mutex::lock;
use crate::lease::FailureKind;
use crate::profile::account::AccountKey;
use crate::token_request::TokenRequestFailed;
use crate::token_request::refusals::Credential;

/// After a pause for every server, a server that has not failed is asked this much earlier than one that has.
const HEAD_START: Duration = Duration::from_secs(1);

impl CredentialRoute {
    /// The password for this server alone.
    pub(in crate::token_request::fetcher) fn credential_for_server(&self) -> Credential {
        let (account, fingerprint) = &self.credential;
        let server = self.server.as_deref().unwrap_or_default();
        (AccountKey::from_text(format!("{} for {server}", account.as_str())), *fingerprint)
    }

    fn to_every_server(&self) -> Self {
        Self { server: None, ..self.clone() }
    }
}

impl Backoffs {
    /// As [`Backoffs::record`], for the password of a proxy. One that has worked recently is not wrong for other servers.
    pub(in crate::token_request::fetcher) fn record_at_proxy(
        &self,
        route: &CredentialRoute,
        profile: &ProfileName,
        failed: &TokenRequestFailed,
        (sent, has_worked): (Duration, bool),
        now: Moment,
    ) {
        if matches!(failed.kind, FailureKind::Final | FailureKind::Refused(_)) {
            return self.clear_at_proxy(route);
        }
        self.record(route, profile, failed, sent, now);
        if !has_worked && self.another_server_failed(route, now) {
            self.record(&route.to_every_server(), profile, failed, sent, now);
        }
    }

    /// The proxy has shown whether the password is right. The pauses for other servers go on, and no longer count for it.
    pub(in crate::token_request::fetcher) fn clear_at_proxy(&self, route: &CredentialRoute) {
        let mut backoffs = lock(&self.0);
        backoffs.remove(&route.to_every_server());
        backoffs.remove(route);
        let same = backoffs.iter_mut().filter(|(other, _)| other.credential == route.credential);
        same.for_each(|(_, backoff)| backoff.worked_elsewhere = true);
    }

    /// What is left of the pause for this server.
    pub(in crate::token_request::fetcher) fn at_proxy(
        &self,
        route: &CredentialRoute,
        now: Moment,
    ) -> Option<(Duration, Backoff)> {
        let every = self.of_every_server(route, now);
        let Some((left, own)) = self.of(route, now) else { return every };
        Some((every.map_or(left, |(every, _)| left.max(every)), own))
    }

    /// Whether this server has a pause though no request for it has failed.
    pub(in crate::token_request::fetcher) fn is_paused_by_other_servers(
        &self,
        route: &CredentialRoute,
        now: Moment,
    ) -> bool {
        !self.has_failed(route, now) && self.of_every_server(route, now).is_some()
    }

    /// What is left of the pause for every server.
    fn of_every_server(&self, route: &CredentialRoute, now: Moment) -> Option<(Duration, Backoff)> {
        let delay = if self.has_failed(route, now) { HEAD_START } else { Duration::ZERO };
        let backoffs = lock(&self.0);
        let every = backoffs.get(&route.to_every_server())?;
        let left = now.until(every.until.after(delay));
        (left > Duration::ZERO).then(|| (left, every.clone()))
    }

    /// Whether the last request with the password failed, for this server or for every one.
    pub(in crate::token_request::fetcher) fn has_failed_at_proxy(
        &self,
        route: &CredentialRoute,
        now: Moment,
    ) -> bool {
        self.has_failed(route, now) || self.has_failed(&route.to_every_server(), now)
    }

    fn another_server_failed(&self, route: &CredentialRoute, now: Moment) -> bool {
        lock(&self.0).iter().any(|(other, backoff)| {
            other.credential == route.credential
                && other.server.is_some()
                && other.server != route.server
                && is_recent(backoff, now)
                && !backoff.worked_elsewhere
        })
    }
}

#[cfg(test)]
mod tests;
