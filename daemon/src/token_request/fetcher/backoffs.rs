//! Owns the back-offs of credentials: the pause after a request that has not shown whether its credential is right, and
//! so may have counted as a failed login. It applies to every profile that would send the same, and does not wait.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use cp_token_protocol::handover::{Backoff, CredentialBackoff};
use cp_token_protocol::{ProfileName, Secret};

use crate::base::clock::Moment;
use crate::base::mutex::lock;
use crate::lease::{FailureKind, policy};
use crate::profile::account::AccountKey;
use crate::token_request::TokenRequestFailed;
use crate::token_request::refusals::Credential;

mod at_proxy;

/// Failures further apart than this do not follow one another.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);
/// The most back-offs; then those that are too old are dropped, or else the oldest.
const MAX_TOTAL: usize = 20_000;

/// A credential, and the route on which it is sent: another proxy may lead to another server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CredentialRoute {
    pub(super) credential: Credential,
    /// The proxy's address, if any; none for the password of a proxy.
    pub(super) proxy: Option<String>,
    /// The server that the password of a proxy is sent for; none for every server, and for a server's secret.
    pub(super) server: Option<String>,
}

/// The credentials whose last request has not shown whether they are right.
#[derive(Debug, Default)]
pub(super) struct Backoffs(Mutex<HashMap<CredentialRoute, Backoff>>);

impl Backoffs {
    /// Records a failed request of the profile, sent at `sent` by the boot clock. A refusal ends the back-off.
    pub(super) fn record(
        &self,
        route: &CredentialRoute,
        profile: &ProfileName,
        failed: &TokenRequestFailed,
        sent: Duration,
        now: Moment,
    ) {
        let (retry_after, cap, ends_with_forget) = match failed.kind {
            FailureKind::Transient { retry_after, cap } => (retry_after, cap, false),
            FailureKind::Local(cap) => (None, cap, true),
            FailureKind::Final | FailureKind::Refused(_) => return self.clear(route),
            FailureKind::Paused { .. } => return,
        };
        let mut backoffs = lock(&self.0);
        let failures = match backoffs.get(route).filter(|backoff| is_recent(backoff, now)) {
            // It was in flight when the other failed: that is one outage, not two.
            Some(before) if sent <= before.failed_at => before.failures,
            Some(before) => before.failures.saturating_add(1),
            None => 1,
        };
        let until = now.after(policy::back_off(failures, cap, retry_after, 0.0));
        let (profile, failure) = (profile.clone(), failed.failure.clone());
        let (failed_at, worked_elsewhere) = (now.boot, false);
        let backoff =
            Backoff { until, failed_at, failures, ends_with_forget, profile, failure, worked_elsewhere };
        make_room(&mut backoffs, route, now);
        backoffs.insert(route.clone(), backoff);
    }

    /// The server, or the proxy, has shown whether the credential is right.
    pub(super) fn clear(&self, route: &CredentialRoute) {
        lock(&self.0).remove(route);
    }

    /// What is left of the credential's pause, during a pause.
    pub(super) fn of(&self, route: &CredentialRoute, now: Moment) -> Option<(Duration, Backoff)> {
        let backoffs = lock(&self.0);
        let backoff = backoffs.get(route)?;
        let left = now.until(backoff.until);
        (left > Duration::ZERO).then(|| (left, backoff.clone()))
    }

    /// Whether the last request with the credential failed, in a pause or after it.
    pub(super) fn has_failed(&self, route: &CredentialRoute, now: Moment) -> bool {
        lock(&self.0).get(route).is_some_and(|backoff| is_recent(backoff, now))
    }

    /// Ends the back-offs of these accounts whose cause a person says to have fixed.
    pub(super) fn forget(&self, is_meant: impl Fn(&AccountKey) -> bool) {
        lock(&self.0).retain(|route, backoff| !(backoff.ends_with_forget && is_meant(&route.credential.0)));
    }

    /// The back-offs, for the new process. `key` is that of the fingerprints.
    pub(super) fn export_state(&self, key: &Secret, now: Moment) -> Vec<CredentialBackoff> {
        let copy = |(route, backoff): (&CredentialRoute, &Backoff)| {
            let (account, fingerprint) = &route.credential;
            CredentialBackoff {
                account: account.as_str().to_owned(),
                fingerprint: *fingerprint,
                key: Secret::copy_of(key.expose()),
                proxy: route.proxy.clone(),
                backoff: backoff.clone(),
                server: route.server.clone(),
            }
        };
        lock(&self.0).iter().filter(|(_, backoff)| is_recent(backoff, now)).map(copy).collect()
    }

    /// Adds a back-off of the old process.
    pub(super) fn import_state(&self, imported: CredentialBackoff) {
        let CredentialBackoff { account, fingerprint, proxy, backoff, server, .. } = imported;
        let credential = (AccountKey::from_text(account), fingerprint);
        lock(&self.0).insert(CredentialRoute { credential, proxy, server }, backoff);
    }
}

fn is_recent(backoff: &Backoff, now: Moment) -> bool {
    now.boot.saturating_sub(backoff.failed_at) < MAX_AGE
}

fn make_room(backoffs: &mut HashMap<CredentialRoute, Backoff>, route: &CredentialRoute, now: Moment) {
    if backoffs.len() < MAX_TOTAL || backoffs.contains_key(route) {
        return;
    }
    backoffs.retain(|_, backoff| is_recent(backoff, now));
    if backoffs.len() >= MAX_TOTAL {
        let oldest = backoffs.iter().min_by_key(|(_, backoff)| backoff.failed_at);
        let oldest = oldest.map(|(route, _)| route.clone());
        oldest.map(|oldest| backoffs.remove(&oldest));
    }
}

#[cfg(test)]
mod tests;
